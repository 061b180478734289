import GRDB
package import ParallaxCore

/// One row of the totals: a minute's requests of one organization and outcome.
package struct TotalLine: Equatable, Sendable {
    package let minute: Timestamp
    /// `nil` for the organizations beyond the bound of one minute, counted together, and for what was dropped.
    package let organization: String?
    /// `agreed`, `diverged`, `incomparable`, `held_out` or `dropped`.
    package let outcome: String
    /// The kind of a divergence, the reason why incomparable or dropped, or empty.
    package let detail: String
    /// The cause of a divergence, or empty.
    package let cause: String
    package let requests: Int
    /// Those that were kept one by one.
    package let stored: Int
    package let control: DivergenceReport.Verdicts
    package let candidate: DivergenceReport.Verdicts

    package init(
        minute: Timestamp, organization: String?, outcome: String, detail: String, cause: String, requests: Int,
        stored: Int, control: DivergenceReport.Verdicts, candidate: DivergenceReport.Verdicts
    ) {
        self.minute = minute
        self.organization = organization
        self.outcome = outcome
        self.detail = detail
        self.cause = cause
        self.requests = requests
        self.stored = stored
        self.control = control
        self.candidate = candidate
    }
}

extension DivergenceStore {
    /// The totals of a period, and the comparisons dropped, in the order of time: their requests sum up to all in
    /// hybrid.
    ///
    /// - Parameter filter: Its times are widened to whole minutes. A kind or a cause narrows only the divergences.
    package func totals(_ filter: DivergenceFilter) async throws -> [TotalLine] {
        let filter = filter.wholeMinutes
        return try await read { database in
            let lines = try Self.fetchTotals(database, filter) + Self.fetchDrops(database, filter)
            return lines.enumerated().sorted { ($0.element.minute, $0.offset) < ($1.element.minute, $1.offset) }
                .map(\.element)
        }
    }

    private static func fetchTotals(_ database: Database, _ filter: DivergenceFilter) throws -> [TotalLine] {
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        return try Row.fetchAll(
            database,
            sql: """
                SELECT minute, CAST(organization AS BLOB), outcome, detail, cause, requests, stored, control_allowed,
                    control_limited, candidate_allowed, candidate_limited
                FROM total WHERE \(condition) ORDER BY minute, outcome, detail, cause, organization
                """,
            arguments: arguments
        ).map(TotalLine.init).filter(filter.takes)
    }

    private static func fetchDrops(_ database: Database, _ filter: DivergenceFilter) throws -> [TotalLine] {
        let (condition, arguments) = filter.condition(time: "minute")
        return try Row.fetchAll(
            database,
            sql: """
                SELECT minute, CAST('' AS BLOB), 'dropped', reason, '', count, 0, 0, 0, 0, 0
                FROM dropped WHERE subject = 'comparison' AND \(condition) ORDER BY minute, reason
                """,
            arguments: arguments
        ).map(TotalLine.init)
    }
}

extension TotalLine {
    fileprivate init(_ row: Row) {
        let organization: ExactText = row[1]
        self.init(
            minute: Timestamp(milliseconds: row[0]), organization: organization == .empty ? nil : organization.text,
            outcome: row[2], detail: row[3], cause: row[4], requests: row[5], stored: row[6],
            control: .init(allowed: row[7], limited: row[8]), candidate: .init(allowed: row[9], limited: row[10]))
    }
}

extension DivergenceFilter {
    fileprivate func takes(_ line: TotalLine) -> Bool {
        guard line.outcome == OutcomeName.diverged.rawValue else { return true }
        return (kind == nil || kind?.rawValue == line.detail) && (cause == nil || cause?.rawValue == line.cause)
    }
}
