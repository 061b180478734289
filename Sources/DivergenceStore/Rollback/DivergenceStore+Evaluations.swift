import GRDB
package import ParallaxCore

extension DivergenceStore {
    /// Keeps evaluations, all in one transaction.
    package func record(_ evaluations: [Evaluation]) async throws {
        guard !evaluations.isEmpty else { return }
        try await write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO evaluation (time, trigger_name, state, figures, sentence)
                    VALUES (?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT))
                    """)
            for evaluation in evaluations {
                try statement.execute(arguments: StatementArguments(try evaluation.values()))
            }
        }
    }

    /// Evaluations, newest first.
    ///
    /// - Parameters:
    ///   - trigger: `nil` for all.
    ///   - since: From this time on; `nil` for all.
    ///   - limit: The most that are returned.
    package func evaluations(
        _ trigger: Trigger? = nil, since: Timestamp? = nil, limit: Int
    ) async throws -> [Evaluation] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Evaluation.columns) FROM evaluation
                    WHERE (?1 IS NULL OR trigger_name = ?1) AND evaluation.time >= ?2
                    ORDER BY evaluation.time DESC, id DESC LIMIT ?3
                    """,
                arguments: [trigger?.rawValue, since?.milliseconds ?? .min, limit]
            ).map(Evaluation.init)
        }
    }
}
