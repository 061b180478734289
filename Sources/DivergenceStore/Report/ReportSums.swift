import GRDB
import ParallaxCore

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
    private var durations = DurationSums()

    /// - Parameter filter: Its times are whole minutes.
    init(filter: DivergenceFilter) {
        self.filter = filter
        totals = ReportTotals(filter: filter)
        settlements = SettlementSums(filter: filter)
    }

    /// With what reviewers said in one more database: of all databases it must be known before anything is counted.
    func addingWords(_ database: Database) throws -> ReportSums {
        var sums = self
        sums.settlements = try settlements.addingWords(database)
        return sums
    }

    /// With the totals of one more database.
    func adding(_ database: Database) throws -> ReportSums {
        var sums = self
        let reader = ReportReader(database: database, filter: filter)
        try reader.addTotals(to: &sums.totals, organizations: &sums.organizations)
        if filter.organization != nil { try reader.addMinutesOfEverybody(to: &sums.totals) }
        try reader.addGroups(of: DivergenceGroups.judgedCauses.union(settlements.causes), to: &sums.groups)
        sums.settlements = try settlements.addingCounts(database)
        try reader.addDurations(to: &sums.durations)
        if let noise = try reader.readNoise() { sums.noise = (sums.noise ?? NoiseFloor()) + noise }
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
