/// How the modelled control's verdicts compared with one identity's reported ones, in any span of time: seven numbers to
/// store, which add up over spans.
package struct FidelityCounts: Codable, Hashable, Sendable {
    /// Requests with a reported verdict, those that are left out of the other figures included.
    package var compared = 0
    /// Of them left out: the model was too young, or the request only looked.
    package var warming = 0
    /// Of them left out: reported too late.
    package var late = 0
    /// Refusals reported, without those left out.
    package var reported = 0
    /// Refusals of the model, without those left out.
    package var modelled = 0
    /// Refusals of both.
    package var both = 0
    /// Reports of more accepted units than one process with these limits accepts.
    package var exceeding = 0

    package init(
        compared: Int = 0, warming: Int = 0, late: Int = 0, reported: Int = 0, modelled: Int = 0, both: Int = 0,
        exceeding: Int = 0
    ) {
        self.compared = compared
        self.warming = warming
        self.late = late
        self.reported = reported
        self.modelled = modelled
        self.both = both
        self.exceeding = exceeding
    }

    /// Requests that the shares are of.
    package var settled: Int { compared - warming - late }

    /// Of those, the ones in which both gave the same verdict.
    package var agreed: Int { settled - reported - modelled + 2 * both }

    /// Counts one report.
    package mutating func note(_ report: ControlReport, _ verdict: FollowedVerdict) {
        note(isReportedAllowed: report.isAllowed, isModelledAllowed: verdict.decision.isAllowed, verdict.standing)
        if verdict.exceedsOneProcess { exceeding += 1 }
    }

    /// Counts one report by its verdicts.
    package mutating func note(isReportedAllowed: Bool, isModelledAllowed: Bool, _ standing: ReportStanding) {
        compared += 1
        switch standing {
        case .warming: warming += 1
        case .late: late += 1
        case .settled:
            if !isReportedAllowed { reported += 1 }
            if !isModelledAllowed { modelled += 1 }
            if !isReportedAllowed, !isModelledAllowed { both += 1 }
        }
    }

    package static func += (left: inout FidelityCounts, right: FidelityCounts) {
        left.compared += right.compared
        left.warming += right.warming
        left.late += right.late
        left.reported += right.reported
        left.modelled += right.modelled
        left.both += right.both
        left.exceeding += right.exceeding
    }
}
