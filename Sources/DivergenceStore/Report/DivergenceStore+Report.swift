import Foundation
import GRDB
import ParallaxCore

extension DivergenceStore {
    /// What the comparisons of this database came to.
    ///
    /// - Parameters:
    ///   - filter: Its times are widened to whole minutes. An organization narrows everything but what was dropped, of
    ///     which the organization is not known. A kind or a cause narrows the divergences; what was compared stays, so
    ///     that shares keep their denominator.
    ///   - maximumAffected: The most identities and organizations listed.
    package func report(
        _ filter: DivergenceFilter = DivergenceFilter(), maximumAffected: Int = 20
    ) async throws -> DivergenceReport {
        try await Self.report(of: [self], filter, maximumAffected: maximumAffected)
    }

    /// What the comparisons of several databases came to, as if they were one.
    ///
    /// The most affected identities of several databases are exact for every identity that is among the ten times as
    /// many most affected of one of them.
    package static func report(
        of stores: [DivergenceStore], _ filter: DivergenceFilter = DivergenceFilter(), maximumAffected: Int = 20
    ) async throws -> DivergenceReport {
        try refuseRepeated(stores)
        let filter = filter.wholeMinutes
        var totals = ReportTotals(filter: filter)
        var candidates: Set<AffectedCounts.IdentityKey> = []
        var affected = AffectedCounts()
        for store in stores {
            (totals, affected, candidates) = try await store.read { [totals, affected, candidates] database in
                let reader = ReportReader(database: database, filter: filter)
                var (totals, affected) = (totals, affected)
                try reader.addTotals(to: &totals)
                try reader.addOrganizations(to: &affected)
                let depth = stores.count == 1 ? maximumAffected : maximumAffected * 10
                return (totals, affected, candidates.union(try reader.mostAffectedIdentities(depth)))
            }
        }
        for store in stores {
            affected = try await store.read { [affected, candidates] database in
                var affected = affected
                try ReportReader(database: database, filter: filter).addIdentities(candidates, to: &affected)
                return affected
            }
        }
        var report = totals.makeReport()
        report.mostAffected = affected.mostAffectedIdentities(maximumAffected)
        report.mostAffectedOrganizations = affected.mostAffectedOrganizations(maximumAffected)
        return report
    }

    private static func refuseRepeated(_ stores: [DivergenceStore]) throws {
        var seen: Set<String> = []
        for store in stores {
            let path = URL(fileURLWithPath: store.path).resolvingSymlinksInPath().standardizedFileURL.path
            guard seen.insert(path).inserted else {
                throw DivergenceStoreError(
                    .repeated, "the database \(store.path) is named twice; its records would count double")
            }
        }
    }
}
