import GRDB
import ParallaxCore

/// What reviewers said and how often what they spoke of occurs, from one database after the other.
struct SettlementSums: Sendable {
    private let filter: DivergenceFilter
    private var settlements: [Settlement] = []
    private var groups: [Settlement.Group]
    private var divergences: [SettlementBook.Key: Int] = [:]
    /// Compared requests of all, under `nil`, and of the organizations that are needed.
    private var compared: [ExactText?: Int] = [:]

    /// - Parameters:
    ///   - filter: Its times are whole minutes; the rest of it is ignored, so that a share has the same meaning in
    ///     every report.
    ///   - groups: What to count besides what reviewers spoke of.
    init(filter: DivergenceFilter, counting groups: [Settlement.Group] = []) {
        self.filter = DivergenceFilter(since: filter.since, until: filter.until)
        self.groups = groups
    }

    func addingWords(_ database: Database) throws -> SettlementSums {
        var sums = self
        // The same word lies in every database that it was said of.
        for settlement in try Settlement.fetchAll(database) where !sums.settlements.contains(settlement) {
            sums.settlements.append(settlement)
            sums.groups.append(settlement.group)
        }
        return sums
    }

    func addingCounts(_ database: Database) throws -> SettlementSums {
        guard !groups.isEmpty else { return self }
        var sums = self
        try sums.addDivergences(database)
        try sums.addCompared(database)
        return sums
    }

    /// The causes that reviewers spoke of.
    var causes: Set<DivergenceCause> { Set(groups.map(\.cause)) }

    func makeBook() -> SettlementBook { SettlementBook(settlements, share: share) }

    func share(of group: Settlement.Group) -> Settlement.Share {
        let key = SettlementBook.Key(group)
        return .init(divergences: divergences[key] ?? 0, compared: compared[key.organization] ?? 0)
    }

    private mutating func addDivergences(_ database: Database) throws {
        var all = DivergenceGroups()
        try ReportReader(database: database, filter: filter).addGroups(of: causes, to: &all)
        for (key, count) in all.counts {
            for organization in [nil, key.organization] as [ExactText?] {
                divergences[.init(kind: key.kind, cause: key.cause, organization: organization), default: 0] += count
            }
        }
    }

    private mutating func addCompared(_ database: Database) throws {
        let (condition, arguments) = filter.condition(time: "minute")
        let names = Set(groups.compactMap { $0.organization.map(ExactText.init) })
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT CASE WHEN organization IN (\(names.map { _ in "CAST(? AS TEXT)" }.joined(separator: ", ")))
                    THEN CAST(organization AS BLOB) END AS name, SUM(requests)
                FROM total WHERE outcome IN ('agreed', 'diverged') AND \(condition) GROUP BY name
                """,
            arguments: StatementArguments(names.map(\.databaseValue)) + arguments)
        var counts = ReadCounts()
        while let row = try rows.next() {
            let name: ExactText? = row[0]
            let requests = try counts.take(row[1])
            compared[nil, default: 0] += requests
            if let name { compared[name, default: 0] += requests }
        }
    }
}
