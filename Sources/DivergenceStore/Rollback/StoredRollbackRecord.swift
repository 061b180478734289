import Foundation
import GRDB
package import ParallaxCore

/// The rollback evaluator's record in a database: what `parallax rollback` reads, and where it clears the latch.
package struct StoredRollbackRecord: RollbackRecord {
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

    package func record(_ rollback: Rollback) async throws {
        let _: Int64 = try await store.record(rollback)
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
            let before = latch.acknowledgement
            try change(&latch)
            if let acknowledgement = latch.acknowledgement, acknowledgement != before {
                try DivergenceStore.acknowledgeAll(acknowledgement, in: database)
            }
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

    /// The last drill that went well; `nil` where there was none.
    package func loadDrill() async throws -> RollbackDrill? {
        guard let text = try await store.rollbackState(Self.drillKey) else { return nil }
        return try JSONDecoder().decode(RollbackDrill.self, from: Data(text.utf8))
    }

    /// Notes that the rollback was drilled with success, in the place of the last drill.
    package func save(_ drill: RollbackDrill) async throws {
        try await store.setRollbackState(Self.drillKey, to: Self.encode(drill), at: .now())
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
