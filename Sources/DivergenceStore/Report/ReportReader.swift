import GRDB
import ParallaxCore

/// The sums that a report needs from one database. The filter's times are whole minutes.
struct ReportReader {
    let database: Database
    let filter: DivergenceFilter

    func addTotals(to totals: inout ReportTotals, organizations: inout OrganizationCounts) throws {
        try addRequests(to: &totals).addOrganizations(to: &organizations)
        try addDrops(to: &totals)
        try addInstances(to: &totals)
    }

    /// - Returns: What else the pass over the totals came to.
    @discardableResult
    func addRequests(to totals: inout ReportTotals) throws -> TotalsScan {
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        let statement = try database.cachedStatement(
            sql: "SELECT \(TotalsScan.columns) FROM total WHERE \(condition)")
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var scan = TotalsScan(filter: filter)
        while try rows.next() != nil {
            if let group = try scan.add(rowOf: statement) { totals.add(group) }
        }
        if let group = scan.takeGroup() { totals.add(group) }
        return scan
    }

    private func addDrops(to totals: inout ReportTotals) throws {
        let (condition, arguments) = filter.condition(time: "minute")
        let rows = try Row.fetchCursor(
            database, sql: "SELECT minute, subject, reason, count FROM dropped WHERE \(condition)",
            arguments: arguments)
        var counts = ReadCounts()
        while let row = try rows.next() {
            totals.addDrop(
                minute: Timestamp(milliseconds: row[0]), subject: DropSubject(rawValue: row[1]), reason: row[2],
                count: try counts.take(row[3]))
        }
    }

    private func addInstances(to totals: inout ReportTotals) throws {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT CAST(name AS BLOB), started_at, last_flush_at FROM instance
                WHERE last_flush_at >= ? AND started_at < ?
                """,
            arguments: [filter.since?.milliseconds ?? .min, filter.until?.milliseconds ?? .max])
        totals.addLives(
            rows.map { row in
                CoverageCounts.Life(
                    name: (row[0] as ExactText).text, start: Timestamp(milliseconds: row[1]),
                    end: Timestamp(milliseconds: row[2]))
            })
    }

    /// Every minute with a record of any organization: if the filter names one, its quiet minutes are not gaps.
    func addMinutesOfEverybody(to totals: inout ReportTotals) throws {
        // One look into the key for each minute.
        let minutes = try Int64.fetchCursor(
            database,
            sql: """
                WITH RECURSIVE recorded (minute) AS (
                    SELECT MIN(minute) FROM total WHERE minute >= ?1 AND minute < ?2
                    UNION ALL
                    SELECT (SELECT MIN(minute) FROM total WHERE minute > recorded.minute AND minute < ?2)
                    FROM recorded WHERE minute IS NOT NULL)
                SELECT minute FROM recorded WHERE minute IS NOT NULL
                """,
            arguments: [filter.since?.milliseconds ?? .min, filter.until?.milliseconds ?? .max])
        while let minute = try minutes.next() { totals.addCovered(Timestamp(milliseconds: minute)) }
    }

    /// Counts by organization, kind and cause, of some causes: what the filter leaves out of lists, the gate still
    /// needs.
    func addGroups(of causes: Set<DivergenceCause>, to groups: inout DivergenceGroups) throws {
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        // The names are ours, and few: fewer rows are sorted than if all were.
        let names = causes.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT CAST(organization AS BLOB), detail, cause, SUM(requests)
                FROM total WHERE outcome = 'diverged' AND cause IN (\(names)) AND \(condition)
                GROUP BY organization, detail, cause
                """,
            arguments: arguments)
        var counts = ReadCounts()
        while let row = try rows.next() {
            groups.add(
                .init(organization: row[0], kind: row[1], cause: row[2]), requests: try counts.take(row[3]))
        }
    }

    /// The identities with the most stored divergences, in all and of the two kinds that turn a verdict round.
    func mostAffectedIdentities(_ maximum: Int) throws -> MostAffected {
        let (condition, arguments) = filter.condition(
            time: "time", organization: "organization", kind: "kind", cause: "cause")
        let spans = DivergenceSpans.range(of: filter)
        // By the index of identities, which holds every column: each span is counted in its order, no row is read.
        let statement = try database.cachedStatement(
            sql: """
                SELECT organization, identifier, kind, COUNT(*) FROM divergence INDEXED BY divergence_identity
                WHERE \(condition) AND span BETWEEN ? AND ? GROUP BY span, organization, identifier, kind
                """)
        let rows = try Row.fetchCursor(statement, arguments: arguments + [spans.lowerBound, spans.upperBound])
        var counts = IdentityCounts()
        while try rows.next() != nil { counts.add(rowOf: statement) }
        return counts.most(maximum)
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
                    key, kind: row[0],
                    .init(
                        count: row[1], first: Timestamp(milliseconds: row[2]), last: Timestamp(milliseconds: row[3])))
            }
        }
    }
}

/// The identities that lists are made of, and how many each of the two kinds hits in this database.
struct MostAffected: Sendable {
    var identities: Set<AffectedCounts.IdentityKey> = []
    var newlyLimitedCount = 0
    var newlyAllowedCount = 0
}
