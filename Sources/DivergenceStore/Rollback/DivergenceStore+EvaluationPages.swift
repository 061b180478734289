import GRDB
package import ParallaxCore

/// Where the next page of evaluations begins.
package struct EvaluationPlace: Equatable, Sendable {
    fileprivate let time: Int64
    fileprivate let id: Int64
}

/// Evaluations in the order of their times, and where to go on.
package struct EvaluationPage: Equatable, Sendable {
    package let evaluations: [Evaluation]
    /// `nil` if there are no more.
    package let next: EvaluationPlace?
}

extension DivergenceStore {
    /// Evaluations, oldest first, a page at a time: months are too many to hold, and one long read would keep the
    /// write-ahead log from being cut.
    ///
    /// - Parameters:
    ///   - place: The page before's `next`; `nil` for the first.
    ///   - since: From this time on; `nil` for all.
    ///   - until: Before this time; `nil` for all.
    package func evaluations(
        after place: EvaluationPlace?, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int = 5_000
    ) async throws -> EvaluationPage {
        // One bound for the index to begin at: otherwise every page would read all that come before it.
        let start = max(place?.time ?? .min, since?.milliseconds ?? .min)
        return try await read { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, \(Evaluation.columns) FROM evaluation
                    WHERE evaluation.time >= ?1 AND evaluation.time < ?2
                        AND (evaluation.time > ?3 OR id > ?4)
                    ORDER BY evaluation.time, id LIMIT ?5
                    """,
                arguments: [
                    start, until?.milliseconds ?? .max, place?.time ?? .min, place?.id ?? .min, limit,
                ])
            let next = rows.last.map { EvaluationPlace(time: $0["time"], id: $0["id"]) }
            return EvaluationPage(
                evaluations: try rows.map { try Evaluation($0) }, next: rows.count < limit ? nil : next)
        }
    }
}
