import Foundation
import GRDB
package import ParallaxCore

/// The rollback evaluator's record in a database: what `parallax rollback` reads, and where it clears the latch.
package struct SQLiteRollbackStore: RollbackStore {
    private static let latchKey = "latch"
    private static let baselineKey = "baseline"
    private static let drillKey = "drill"

    private let store: DivergenceStore

    package init(store: DivergenceStore) {
        self.store = store
    }

    package func record(_ evaluations: [Evaluation]) async throws {
        try await store.record(evaluations)
    }

    /// Keeps a rollback, acknowledged if its latch has been cleared already. A latch that cannot be decoded keeps no row out.
    package func record(_ rollback: Rollback) async throws {
        try await store.writeDurably { database in
            _ = try DivergenceStore.insert(rollback, in: database)
            let text = try DivergenceStore.fetchRollbackState(Self.latchKey, in: database)
            guard let latch = try? Self.decodeLatch(text) else { return }
            try Self.acknowledgeRollbacks(latch, in: database)
        }
    }

    package func loadLatch() async throws -> RollbackLatch {
        try Self.decodeLatch(await store.rollbackState(Self.latchKey))
    }

    /// Changes the latch, and notes an acknowledgement with the rollbacks that it is about, in one transaction.
    package func changeLatch(_ change: @escaping @Sendable (inout RollbackLatch) throws -> Void) async throws
        -> RollbackLatch
    {
        try await store.changeRollbackState(Self.latchKey, at: .now()) { database, text in
            var latch = try Self.decodeLatch(text)
            try change(&latch)
            try Self.acknowledgeRollbacks(latch, in: database)
            return (latch, try Self.encode(latch))
        }
    }

    package func loadBaseline() async throws -> Baseline? {
        guard let text = try await store.rollbackState(Self.baselineKey) else { return nil }
        return try JSONDecoder().decode(Baseline.self, from: Data(text.utf8))
    }

    package func save(_ baseline: Baseline) async throws {
        try await store.setRollbackState(Self.baselineKey, to: Self.encode(baseline), at: .now())
    }

    /// The last drill that went well; `nil` if there was none.
    package func loadDrill() async throws -> RollbackDrill? {
        guard let text = try await store.rollbackState(Self.drillKey) else { return nil }
        return try JSONDecoder().decode(RollbackDrill.self, from: Data(text.utf8))
    }

    /// Replaces the last drill by one that went well.
    package func save(_ drill: RollbackDrill) async throws {
        try await store.setRollbackState(Self.drillKey, to: Self.encode(drill), at: .now())
    }

    /// Notes the latch's acknowledgement with the rollbacks that it is for: the latch's own and those before it.
    ///
    /// Whichever of the row, the latch and the acknowledgement reaches the database last, the row ends acknowledged.
    private static func acknowledgeRollbacks(_ latch: RollbackLatch, in database: Database) throws {
        guard let firing = latch.firing, let acknowledgement = latch.acknowledgement else { return }
        try DivergenceStore.acknowledge(
            until: max(firing.time, acknowledgement.time), acknowledgement, in: database)
    }

    private static func decodeLatch(_ text: String?) throws -> RollbackLatch {
        guard let text else { return RollbackLatch() }
        return try JSONDecoder().decode(RollbackLatch.self, from: Data(text.utf8))
    }

    private static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension DivergenceStore {
    /// What the rollback evaluator remembers under a key, such as a latch or a baseline; `nil` if nothing is.
    package func rollbackState(_ key: String) async throws -> String? {
        try await read { try Self.fetchRollbackState(key, in: $0) }
    }

    /// Remembers a value under a key across restarts and power cuts; `nil` forgets it.
    package func setRollbackState(_ key: String, to value: String?, at time: Timestamp) async throws {
        try await writeDurably { database in
            guard let value else {
                try database.execute(
                    sql: "DELETE FROM rollback_state WHERE key = CAST(? AS TEXT)", arguments: [ExactText(key)])
                return
            }
            try Self.saveRollbackState(key, value, at: time, in: database)
        }
    }

    /// Reads what is remembered under a key, and remembers what comes of it, in one transaction.
    ///
    /// - Parameter change: Gives a result and the new value; if it throws, nothing changes.
    func changeRollbackState<Result: Sendable>(
        _ key: String, at time: Timestamp,
        _ change: @escaping @Sendable (Database, String?) throws -> (result: Result, value: String)
    ) async throws -> Result {
        try await writeDurably { database in
            let (result, value) = try change(database, Self.fetchRollbackState(key, in: database))
            try Self.saveRollbackState(key, value, at: time, in: database)
            return result
        }
    }

    static func fetchRollbackState(_ key: String, in database: Database) throws -> String? {
        try ExactText.fetchOne(
            database, sql: "SELECT CAST(value AS BLOB) FROM rollback_state WHERE key = CAST(? AS TEXT)",
            arguments: [ExactText(key)])?.text
    }

    private static func saveRollbackState(
        _ key: String, _ value: String, at time: Timestamp, in database: Database
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO rollback_state (key, value, updated_at) VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?)
                ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
                """,
            arguments: [ExactText(key), ExactText(value), time.milliseconds])
    }
}
