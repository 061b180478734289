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
        if let noise = try reader.readNoise() { sums.noise = (sums.noise ?? NoiseFloor()) + noise }
        return sums
    }

    /// With the most affected identities of one more database.
    mutating func add(_ more: MostAffected) {
        most.identities.formUnion(more.identities)
        most.newlyLimitedCount += more.newlyLimitedCount
        most.newlyAllowedCount += more.newlyAllowedCount
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
        let book = settlements.makeBook()
        report.open = groups.open(book)
        report.settlements = book.statuses
        if isExact {
            report.newlyLimited.identityCount = most.newlyLimitedCount
            report.newlyAllowed.identityCount = most.newlyAllowedCount
        }
        return report
    }

    private func parties(_ kind: DivergenceKind, _ maximum: Int) -> AffectedParties {
        var parties = organizations.parties(kind, maximum: maximum)
        parties.identities = affected.mostAffected(by: kind, maximum)
        return parties
    }
}
