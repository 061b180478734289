import Foundation
import GRDB
package import ParallaxCore

/// Where the next page of evaluations begins.
package struct EvaluationCursor: Equatable, Sendable {
    fileprivate let time: Int64
    fileprivate let id: Int64
}

extension DivergenceStore {
    /// Evaluations in the order of their times, and where to go on.
    package struct EvaluationPage: Equatable, Sendable {
        package let evaluations: [Evaluation]
        /// `nil` if there are no more.
        package let next: EvaluationCursor?
    }
}

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

    /// Evaluations, oldest first, a page at a time: months are too many to hold, and one long read would keep the
    /// write-ahead log from being cut.
    ///
    /// - Parameters:
    ///   - place: The page before's `next`; `nil` for the first.
    ///   - since: From this time on; `nil` for all.
    ///   - until: Before this time; `nil` for all.
    package func evaluations(
        after place: EvaluationCursor?, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int = 5_000
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
            let next = rows.last.map { EvaluationCursor(time: $0["time"], id: $0["id"]) }
            return EvaluationPage(
                evaluations: try rows.map { try Evaluation($0) }, next: rows.count < limit ? nil : next)
        }
    }
}

extension Evaluation {
    /// The columns that an evaluation has in both tables that hold one.
    static let columns = """
        time, trigger_name, state, CAST(figures AS BLOB) AS figures, CAST(sentence AS BLOB) AS sentence
        """

    init(_ row: Row) throws {
        let trigger: String = row["trigger_name"]
        let state: String = row["state"]
        guard let trigger = Trigger(rawValue: trigger), let state = TriggerState(rawValue: state) else {
            throw DivergenceStoreError(
                .corrupt, "an evaluation names an unknown trigger or state: \(trigger), \(state)")
        }
        self.init(
            trigger: trigger, time: Timestamp(milliseconds: row["time"]), state: state,
            numbers: try StoredEvidence.decode(row["figures"]), sentence: (row["sentence"] as ExactText).text)
    }

    /// The values of those columns; the last two are bytes to be cast to text.
    func values() throws -> [DatabaseValue] {
        [
            time.milliseconds.databaseValue, trigger.rawValue.databaseValue, state.rawValue.databaseValue,
            try StoredEvidence.encode(numbers).databaseValue, ExactText(sentence).databaseValue,
        ]
    }
}

/// An evaluation's numbers as a JSON object; infinities and NaN are the strings `inf`, `-inf` and `nan`.
enum StoredEvidence {
    static func encode(_ numbers: [String: Double]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(numbers)
    }

    static func decode(_ data: Data) throws -> [String: Double] {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode([String: Double].self, from: data)
    }
}
