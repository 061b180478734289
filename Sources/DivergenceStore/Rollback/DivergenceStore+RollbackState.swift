import GRDB
package import ParallaxCore

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
