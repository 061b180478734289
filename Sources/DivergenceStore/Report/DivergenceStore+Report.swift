import Foundation
import GRDB
package import ParallaxCore

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
    /// Those whose verdicts change most are counted exactly. The most affected identities over all kinds are of stored
    /// divergences, and of several databases exact for every identity that is among the ten times as many most affected of
    /// one of them.
    ///
    /// - Parameter previous: The times to compare with; both must be set. `nil` compares with nothing.
    package static func report(
        of stores: [DivergenceStore], _ filter: DivergenceFilter = DivergenceFilter(), maximumAffected: Int = 20,
        comparedWith previous: Range<Timestamp>? = nil
    ) async throws -> DivergenceReport {
        try await refuseRepeated(stores)
        let filter = filter.wholeMinutes
        var sums = ReportSums(filter: filter)
        let depth = stores.count == 1 ? maximumAffected : maximumAffected * 10
        for store in stores {
            sums = try await store.read { [sums] in try sums.addingSettlements($0) }
        }
        for store in stores {
            // At the same time as the totals, since they take as long: volumes may be a flush ahead of the totals.
            async let most = store.read {
                try ReportReader(database: $0, filter: filter).mostAffectedIdentities(depth)
            }
            let volumesBefore = sums.volumes
            async let volumes = store.read { try ReportReader(database: $0, filter: filter).adding(to: volumesBefore) }
            sums = try await store.read { [sums] in try sums.adding($0) }
            sums.add(try await most)
            sums.volumes = try await volumes
        }
        sums.addMostCallers(maximumAffected)
        for store in stores {
            sums = try await store.read { [sums] in try sums.addingNamed($0) }
        }
        var report = sums.makeReport(maximumAffected: maximumAffected, isExact: stores.count == 1)
        report.events = try await events(of: stores, from: report.from, filter)
        if let previous { report.previous = try await period(previous, of: stores, filter) }
        return report
    }

    /// What happened from the beginning of the period, or the first minute with a record, to its end.
    private static func events(
        of stores: [DivergenceStore], from: Timestamp?, _ filter: DivergenceFilter
    ) async throws -> [ReportEvent] {
        guard let start = filter.since ?? from else { return [] }
        let end = filter.until ?? Timestamp(milliseconds: .max)
        guard start < end else { return [] }
        var sums = EventSums()
        for store in stores { try await store.addEvents(of: start..<end, to: &sums) }
        return sums.makeEvents()
    }

    private static func period(
        _ times: Range<Timestamp>, of stores: [DivergenceStore], _ filter: DivergenceFilter
    ) async throws -> ReportPeriod {
        var filter = filter
        (filter.since, filter.until) = (times.lowerBound, times.upperBound)
        filter = filter.wholeMinutes
        var totals = ReportTotals(filter: filter)
        for store in stores {
            totals = try await store.read { [totals, filter] database in
                var totals = totals
                try ReportReader(database: database, filter: filter).addRequests(to: &totals)
                return totals
            }
        }
        let report = totals.report
        return ReportPeriod(
            since: filter.since ?? times.lowerBound, until: filter.until ?? times.upperBound,
            compared: report.compared, diverged: report.diverged, kinds: report.kinds, causes: report.causes)
    }

    /// Refuses two paths to one database, and a copy next to its original: their records would count double.
    static func refuseRepeated(_ stores: [DivergenceStore]) async throws {
        var seen: Set<String> = []
        var paths: [String: String] = [:]
        for store in stores {
            let id = try await store.storeID()
            if let other = paths.updateValue(store.path, forKey: id), other != store.path {
                throw DivergenceStoreError(
                    .repeated,
                    "\(other) and \(store.path) are one database, or a copy and its original; its records would count double"
                )
            }
            let path = URL(fileURLWithPath: store.path).resolvingSymlinksInPath().standardizedFileURL.path
            guard seen.insert(path).inserted else {
                throw DivergenceStoreError(
                    .repeated, "the database \(store.path) is named twice; its records would count double")
            }
        }
    }
}

/// Everything that a report is made of, as it is read from one database after the other.
struct ReportSums: Sendable {
    private let filter: DivergenceFilter
    private var totals: ReportTotals
    private var organizations = OrganizationCounts()
    /// Those that the gate judges, whatever the filter narrows.
    private var groups = DivergenceGroups()
    private var affected = AffectedCounts()
    private var most = MostAffected()
    private var settlements: SettlementSums
    var volumes = VolumeSums()
    private var noise: NoiseFloor?
    private var reported: ReportedCounts?
    private var durations = DurationSums()

    /// - Parameter filter: Its times are whole minutes.
    init(filter: DivergenceFilter) {
        self.filter = filter
        totals = ReportTotals(filter: filter)
        settlements = SettlementSums(filter: filter)
    }

    /// With what reviewers said in one more database: of all databases it must be known before anything is counted.
    func addingSettlements(_ database: Database) throws -> ReportSums {
        var sums = self
        sums.settlements = try settlements.addingSettlements(database)
        return sums
    }

    /// With the totals of one more database.
    func adding(_ database: Database) throws -> ReportSums {
        var sums = self
        let reader = ReportReader(database: database, filter: filter)
        try reader.addTotals(to: &sums.totals, organizations: &sums.organizations)
        if filter.organization != nil { try reader.addMinutesOfAllOrganizations(to: &sums.totals) }
        try reader.addGroups(of: DivergenceGroups.judgedCauses.union(settlements.causes), to: &sums.groups)
        sums.settlements = try settlements.addingCounts(database)
        try reader.addDurations(to: &sums.durations)
        if let noise = try reader.readNoise() { sums.noise = (sums.noise ?? NoiseFloor()) + noise }
        if let more = try reader.readReported() { sums.reported = (sums.reported ?? ReportedCounts()) + more }
        return sums
    }

    /// With the most affected identities of one more database.
    mutating func add(_ more: MostAffected) {
        most.identities.formUnion(more.identities)
        most.newlyLimitedCount += more.newlyLimitedCount
        most.newlyAllowedCount += more.newlyAllowedCount
    }

    /// With the callers that changed verdicts hit most, once the volumes of all databases are known.
    mutating func addMostCallers(_ maximum: Int) {
        for kind in DivergenceKind.changingVerdicts {
            for caller in callers(kind, maximum) ?? [] {
                most.identities.insert(
                    .init(organization: ExactText(caller.organization), identifier: ExactText(caller.identifier)))
            }
        }
    }

    /// With what one more database holds of the identities that were named.
    func addingNamed(_ database: Database) throws -> ReportSums {
        var sums = self
        try ReportReader(database: database, filter: filter).addIdentities(most.identities, to: &sums.affected)
        return sums
    }

    /// - Parameter isExact: Whether all came from one database, so that no identity was counted twice.
    func makeReport(maximumAffected: Int, isExact: Bool) -> DivergenceReport {
        var report = totals.makeReport()
        report.mostAffected = affected.mostAffectedIdentities(maximumAffected)
        report.mostAffectedOrganizations = organizations.mostAffected(maximumAffected)
        report.newlyLimited = parties(.newlyLimited, maximumAffected)
        report.newlyAllowed = parties(.newlyAllowed, maximumAffected)
        report.volume = volumes.makeVolume()
        report.volume.controlUnits = totals.controlUnits
        report.volume.candidateUnits = totals.candidateUnits
        report.noise = noise
        report.reported = reported
        report.durations = durations.makeDurations()
        let book = settlements.makeBook()
        report.open = groups.open(book)
        report.settlements = book.statuses
        if isExact, filter.cause != nil {
            report.newlyLimited.identityCount = most.newlyLimitedCount
            report.newlyAllowed.identityCount = most.newlyAllowedCount
        }
        return report
    }

    private func parties(_ kind: DivergenceKind, _ maximum: Int) -> AffectedParties {
        var parties = organizations.parties(kind, maximum: maximum)
        guard let callers = callers(kind, maximum) else {
            parties.identities = affected.mostAffected(by: kind, maximum)
            return parties
        }
        parties.identityCount = filter.takes(kind) ? volumes.callers.count(kind) : 0
        parties.identities = callers.map { caller in
            var caller = caller
            caller.stored = affected.stored(
                kind, organization: caller.organization, identifier: caller.identifier)
            return caller
        }
        return parties
    }

    /// Exact counts of those that a kind hits most; `nil` if the report is narrowed to a cause, which volumes do not know.
    private func callers(_ kind: DivergenceKind, _ maximum: Int) -> [AffectedParties.Identity]? {
        guard filter.cause == nil else { return nil }
        return filter.takes(kind) ? volumes.callers.most(kind, maximum, names: volumes.identities) : []
    }
}

extension DivergenceFilter {
    fileprivate func takes(_ kind: DivergenceKind) -> Bool { self.kind == nil || self.kind == kind }
}
