import GRDB
import ParallaxCore

/// The sums that a report needs from one database. The filter's times are whole minutes.
struct ReportReader {
    let database: Database
    let filter: DivergenceFilter

    func addTotals(to totals: inout ReportTotals) throws {
        try addRequests(to: &totals)
        try addDrops(to: &totals)
        try addInstances(to: &totals)
    }

    private func addRequests(to totals: inout ReportTotals) throws {
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT minute, outcome, detail, cause, SUM(requests), SUM(stored), SUM(control_allowed),
                    SUM(control_limited), SUM(candidate_allowed), SUM(candidate_limited)
                FROM total WHERE \(condition) GROUP BY minute, outcome, detail, cause
                """,
            arguments: arguments)
        while let row = try rows.next() { totals.add(TotalRow(row)) }
    }

    private func addDrops(to totals: inout ReportTotals) throws {
        let (condition, arguments) = filter.condition(time: "minute")
        let rows = try Row.fetchCursor(
            database, sql: "SELECT minute, subject, reason, count FROM dropped WHERE \(condition)",
            arguments: arguments)
        while let row = try rows.next() {
            totals.addDrop(
                minute: Timestamp(milliseconds: row[0]), subject: DropSubject(rawValue: row[1]), reason: row[2],
                count: row[3])
        }
    }

    private func addInstances(to totals: inout ReportTotals) throws {
        let names = try ExactText.fetchAll(
            database,
            sql: """
                SELECT DISTINCT CAST(name AS BLOB) FROM instance
                WHERE last_flush_at >= ? AND started_at < ?
                """,
            arguments: [filter.since?.milliseconds ?? .min, filter.until?.milliseconds ?? .max])
        totals.addInstances(names.map(\.text))
    }

    func addOrganizations(to affected: inout AffectedCounts) throws {
        let (condition, arguments) = filter.condition(
            time: "minute", organization: "organization", kind: "detail", cause: "cause")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT CAST(organization AS BLOB), detail, SUM(requests)
                FROM total WHERE outcome = 'diverged' AND \(condition) GROUP BY organization, detail
                """,
            arguments: arguments)
        while let row = try rows.next() {
            affected.addOrganization(row[0], kind: row[1], count: row[2])
        }
    }

    /// The identities with the most stored divergences.
    func mostAffectedIdentities(_ maximum: Int) throws -> Set<AffectedCounts.IdentityKey> {
        var (condition, arguments) = filter.condition(
            time: "time", organization: "organization", kind: "kind", cause: "cause")
        let spans = DivergenceSpans.range(of: filter)
        arguments += [spans.lowerBound, spans.upperBound, maximum]
        // By the index of identities, which holds every column: each span is counted in its order, no row is read.
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT CAST(organization AS BLOB), CAST(identifier AS BLOB) FROM (
                    SELECT organization, identifier FROM (
                        SELECT organization, identifier, COUNT(*) AS divergences
                        FROM divergence INDEXED BY divergence_identity
                        WHERE \(condition) AND span BETWEEN ? AND ? GROUP BY span, organization, identifier)
                    GROUP BY organization, identifier
                    ORDER BY SUM(divergences) DESC, organization, identifier LIMIT ?)
                """,
            arguments: arguments)
        return Set(rows.map { .init(organization: $0[0], identifier: $0[1]) })
    }

    func addIdentities(_ identities: Set<AffectedCounts.IdentityKey>, to affected: inout AffectedCounts) throws {
        let (condition, arguments) = filter.condition(time: "time", kind: "kind", cause: "cause")
        let statement = try database.cachedStatement(
            sql: """
                SELECT kind, COUNT(*), MIN(time), MAX(time) FROM \(DivergenceSpans.join)
                WHERE organization = CAST(? AS TEXT) AND identifier = CAST(? AS TEXT) AND \(condition) GROUP BY kind
                """)
        let spans = try DivergenceSpans(database, filter).json
        for key in identities {
            let rows = try Row.fetchCursor(statement, arguments: [spans, key.organization, key.identifier] + arguments)
            while let row = try rows.next() {
                affected.addIdentity(
                    key, kind: row[0], count: row[1], first: Timestamp(milliseconds: row[2]),
                    last: Timestamp(milliseconds: row[3]))
            }
        }
    }
}

extension TotalRow {
    fileprivate init(_ row: Row) {
        self.init(
            minute: Timestamp(milliseconds: row[0]), outcome: row[1], detail: row[2], cause: row[3], requests: row[4],
            stored: row[5], controlAllowed: row[6], controlLimited: row[7], candidateAllowed: row[8],
            candidateLimited: row[9])
    }
}
