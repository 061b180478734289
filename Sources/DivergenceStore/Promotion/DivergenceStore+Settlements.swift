import GRDB
package import ParallaxCore

extension DivergenceStore {
    /// Adds a reviewer's word, on the disk when this returns.
    package func record(_ settlement: Settlement) async throws {
        try await writeDurably { database in
            try database.execute(
                sql: """
                    INSERT INTO settlement (
                        time, kind, cause, organization, judgement, settled_by, note, divergences, compared
                    ) VALUES (?, ?, ?, CAST(? AS TEXT), ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)
                    """,
                arguments: [
                    settlement.time.milliseconds, settlement.group.kind.rawValue, settlement.group.cause.rawValue,
                    settlement.group.organization.map(ExactText.init), settlement.judgement.rawValue,
                    ExactText(settlement.by), ExactText(settlement.note), settlement.share.divergences,
                    settlement.share.compared,
                ])
        }
    }

    /// Every word of reviewers in these databases, each once, with what has become of it.
    ///
    /// - Parameter filter: Its times are those in which the groups are counted now; the rest of it is ignored.
    package static func settlements(
        of stores: [DivergenceStore], _ filter: DivergenceFilter = DivergenceFilter()
    ) async throws -> [SettlementStatus] {
        try await refuseRepeated(stores)
        var sums = SettlementSums(filter: filter.wholeMinutes)
        for store in stores { sums = try await store.read { [sums] in try sums.addingSettlements($0) } }
        for store in stores { sums = try await store.read { [sums] in try sums.addingCounts($0) } }
        return sums.makeBook().statuses
    }

    /// How often a group occurs now.
    package static func share(
        of group: Settlement.Group, in stores: [DivergenceStore], _ filter: DivergenceFilter = DivergenceFilter()
    ) async throws -> Settlement.Share {
        try await refuseRepeated(stores)
        var sums = SettlementSums(filter: filter.wholeMinutes, counting: [group])
        for store in stores { sums = try await store.read { [sums] in try sums.addingCounts($0) } }
        return sums.share(of: group)
    }
}

extension Settlement {
    static func fetchAll(_ database: Database) throws -> [Settlement] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT time, kind, cause, CAST(organization AS BLOB), judgement, CAST(settled_by AS BLOB),
                    CAST(note AS BLOB), divergences, compared
                FROM settlement ORDER BY id
                """
        ).map(Settlement.init)
    }

    private init(_ row: Row) throws {
        let (kind, cause, judgement): (String, String, String) = (row[1], row[2], row[4])
        guard let kind = DivergenceKind(rawValue: kind), let cause = DivergenceCause(rawValue: cause),
            let judgement = Judgement(rawValue: judgement)
        else {
            throw DivergenceStoreError(
                .corrupt, "a settlement names an unknown kind, cause or judgement: \(kind), \(cause), \(judgement)")
        }
        self.init(
            time: Timestamp(milliseconds: row[0]),
            group: Group(kind: kind, cause: cause, organization: (row[3] as ExactText?)?.text), judgement: judgement,
            by: (row[5] as ExactText).text, note: (row[6] as ExactText).text,
            share: Share(divergences: row[7], compared: row[8]))
    }
}

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

    func addingSettlements(_ database: Database) throws -> SettlementSums {
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
        var counts = CheckedCounts()
        while let row = try rows.next() {
            let name: ExactText? = row[0]
            let requests = try counts.take(row[1])
            compared[nil, default: 0] += requests
            if let name { compared[name, default: 0] += requests }
        }
    }
}
