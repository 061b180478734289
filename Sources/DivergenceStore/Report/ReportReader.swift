import Foundation
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
        var counts = CheckedCounts()
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
        totals.addRuns(
            rows.map { row in
                CoverageCounts.InstanceRun(
                    name: (row[0] as ExactText).text, start: Timestamp(milliseconds: row[1]),
                    end: Timestamp(milliseconds: row[2]))
            })
    }

    /// Every minute with a record of any organization: if the filter names one, its quiet minutes are not gaps.
    func addMinutesOfAllOrganizations(to totals: inout ReportTotals) throws {
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
        var counts = CheckedCounts()
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

extension ReportReader {
    /// How much only one side let through, minute by minute.
    func adding(to volumes: VolumeSums) throws -> VolumeSums {
        var volumes = volumes
        // None if the policy is not known: then its windows cannot be told apart.
        let unknown = volumes.place(of: [])
        let policies = try readPolicies().mapValues { volumes.place(of: $0) }
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        let statement = try database.cachedStatement(
            sql: """
                SELECT minute, organization, identifier, policy, requests, seconds,
                    control_only_units, candidate_only_units, COALESCE(newly_limited, -1)
                FROM volume WHERE \(condition)
                """)
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var counts = CheckedCounts()
        // Columns are read from the statement: they are millions.
        while try rows.next() != nil {
            let newlyLimited = statement.number(at: 8)
            let identity = volumes.number(of: statement.bytes(at: 1), statement.bytes(at: 2))
            volumes.add(
                minute: statement.number(at: 0), identity: identity,
                policy: policies[statement.number(at: 3)] ?? unknown,
                requests: try counts.take(statement.number(at: 4)), seconds: try counts.take(statement.number(at: 5)),
                controlOnlyUnits: try counts.take(statement.number(at: 6)),
                candidateOnlyUnits: try counts.take(statement.number(at: 7)),
                newlyLimited: newlyLimited < 0 ? nil : try counts.take(newlyLimited))
        }
        return volumes
    }

    private func readPolicies() throws -> [Int64: [Window]] {
        var policies: [Int64: [Window]] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT fingerprint, CAST(windows AS BLOB) FROM policy")
        while let row = try rows.next() { policies[row[0]] = try StoredWindows.decode(row[1] as Data) }
        return policies
    }

    /// How long both sides took, whatever the organization: durations are not kept apart by it.
    func addDurations(to durations: inout DurationSums) throws {
        let (condition, arguments) = filter.condition(time: "minute")
        let rows = try Row.fetchCursor(
            database, sql: "SELECT side, bucket, SUM(requests) FROM duration WHERE \(condition) GROUP BY side, bucket",
            arguments: arguments)
        var counts = CheckedCounts()
        while let row = try rows.next() {
            guard let side = Side(rawValue: row[0]) else { continue }
            durations.add(try counts.take(row[2]), bucket: row[1], of: side)
        }
    }

    /// What a second control made of the same requests; `nil` if none was asked.
    func readReported() throws -> ReportedCounts? {
        let (condition, arguments) = filter.condition(time: "minute", organization: "organization")
        let sums = ReportedCounts.columnNames.map { "SUM(\($0))" }.joined(separator: ", ")
        let row = try Row.fetchOne(
            database, sql: "SELECT \(sums) FROM reported WHERE \(condition)", arguments: arguments)
        guard let row, row[0] as Int64? != nil else { return nil }
        var counts = CheckedCounts()
        var columns: [Int] = []
        for place in ReportedCounts.columnNames.indices { columns.append(try counts.take(row[place])) }
        return ReportedCounts(columns: columns)
    }

    func readNoise() throws -> NoiseFloor? {
        let (condition, arguments) = filter.condition(time: "minute")
        let row = try Row.fetchOne(
            database, sql: "SELECT SUM(compared), SUM(diverged) FROM noise WHERE \(condition)", arguments: arguments)
        guard let row, let compared = row[0] as Int64?, compared > 0 else { return nil }
        var counts = CheckedCounts()
        return NoiseFloor(compared: try counts.take(compared), diverged: try counts.take(row[1]))
    }
}

/// Counts as they are read from a database that a stranger may have written: none is negative, and no sum of them
/// overflows.
///
/// Every count goes through ``take(_:)``, which keeps the sum of all of them below a bound. What is added up from any
/// of them is then below that bound as well, and of a thousand databases together far below what an integer holds.
struct CheckedCounts {
    /// Above it, numbers in JSON are not exact.
    private static let maximum: Int64 = 1 << 53

    private var sum: Int64 = 0

    /// - Throws: ``DivergenceStoreError`` with code `altered`.
    mutating func take(_ count: Int64) throws(DivergenceStoreError) -> Int {
        guard (0...Self.maximum).contains(count), sum <= Self.maximum - count else {
            throw DivergenceStoreError(.altered, "the database holds impossible counts; restore it from a copy")
        }
        sum += count
        return Int(count)
    }
}
