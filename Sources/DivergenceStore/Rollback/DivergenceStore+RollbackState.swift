import GRDB
package import ParallaxCore

extension DivergenceStore {
    /// What the rollback evaluator remembers under a key, such as a latch or a baseline; `nil` where nothing is.
    package func rollbackState(_ key: String) async throws -> String? {
        try await read { database in
            try ExactText.fetchOne(
                database, sql: "SELECT CAST(value AS BLOB) FROM rollback_state WHERE key = CAST(? AS TEXT)",
                arguments: [ExactText(key)])?.text
        }
    }

    /// Remembers a value under a key across restarts and power cuts; `nil` forgets it.
    package func setRollbackState(_ key: String, to value: String?, at time: Timestamp) async throws {
        try await writeDurably { database in
            guard let value else {
                try database.execute(
                    sql: "DELETE FROM rollback_state WHERE key = CAST(? AS TEXT)", arguments: [ExactText(key)])
                return
            }
            try database.execute(
                sql: """
                    INSERT INTO rollback_state (key, value, updated_at) VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?)
                    ON CONFLICT DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
                    """,
                arguments: [ExactText(key), ExactText(value), time.milliseconds])
        }
    }
}
