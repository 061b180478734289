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
        for store in stores { sums = try await store.read { [sums] in try sums.addingWords($0) } }
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
