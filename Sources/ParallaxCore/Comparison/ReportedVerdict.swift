/// What the caller's own limiter has just said of a request, as the caller reports it.
package struct ReportedVerdict: Equatable, Sendable {
    /// The most bytes of a name in a report: of a window, a process or a request.
    package static let maximumTextBytes = 64
    /// How far the caller's clock may be from this instance's for its time to be used, in milliseconds.
    package static let maximumTimeDistanceMilliseconds: Int64 = 10_000

    package var isAllowed: Bool
    /// The caller's name of the window that refused; `nil` if it was allowed or is not told.
    package var limitedBy: String?
    /// Units left; `nil` if not told.
    package var remaining: Int?
    /// The limit that `remaining` counts from; `nil` if not told.
    package var limit: Int?
    /// The wait that the caller's limiter gives, in milliseconds; `nil` if not told.
    package var retryAfterMilliseconds: Int64?
    /// The process whose memory gave the verdict; `nil` if there is only one.
    package var instance: String?
    /// When the caller's limiter judged, by the caller's clock; `nil` if not told.
    package var judgedAt: Timestamp?
    /// Whether the caller has acted on it already, so that no answer can be enforced.
    package var isFinal: Bool

    package init(
        isAllowed: Bool, limitedBy: String? = nil, remaining: Int? = nil, limit: Int? = nil,
        retryAfterMilliseconds: Int64? = nil, instance: String? = nil, judgedAt: Timestamp? = nil,
        isFinal: Bool = false
    ) {
        self.isAllowed = isAllowed
        self.limitedBy = limitedBy
        self.remaining = remaining
        self.limit = limit
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.instance = instance
        self.judgedAt = judgedAt
        self.isFinal = isFinal
    }

    /// Whether the caller's clock is too far from `now` for its time to be used.
    package func isFarInTime(from now: Timestamp) -> Bool {
        guard let judgedAt else { return false }
        return !(-Self.maximumTimeDistanceMilliseconds...Self.maximumTimeDistanceMilliseconds).contains(judgedAt - now)
    }
}

/// A reported verdict and what the modelled control, which follows the reports, said of the same request.
///
/// A class, so that the answer, the comparison and the records of a request share it, and those of requests without a
/// report stay as small as they were.
package final class ReportedControl: Sendable {
    package let verdict: ReportedVerdict
    /// The window of the policy that refused by the report; `nil` if it was allowed, or the report names no window of
    /// the policy.
    package let window: String?
    /// What the modelled control would have decided from the units that the reports say were accepted.
    package let model: Decision
    /// Every window once the model has followed the report.
    package let windows: [WindowState]
    /// Whether the model, which allows what the report refuses, would have refused it within the boundary tolerance
    /// before.
    package let modelRefusedJustBefore: Bool
    /// When the model judged: at the caller's time, or at this instance's if that is not told or too far away.
    package let time: Timestamp
    /// How much later than that the report arrived, in milliseconds.
    package let latenessMilliseconds: Int64
    /// Whether the caller's time was too far from this instance's clock, and was ignored.
    package let hasIgnoredTime: Bool

    package init(
        _ verdict: ReportedVerdict, window: String? = nil, model: Decision, windows: [WindowState],
        modelRefusedJustBefore: Bool = false, time: Timestamp, latenessMilliseconds: Int64 = 0,
        hasIgnoredTime: Bool = false
    ) {
        self.verdict = verdict
        self.window = window
        self.model = model
        self.windows = windows
        self.modelRefusedJustBefore = modelRefusedJustBefore
        self.time = time
        self.latenessMilliseconds = latenessMilliseconds
        self.hasIgnoredTime = hasIgnoredTime
    }

    /// Whether the model would have given the same verdict.
    package var modelAgrees: Bool { model.isAllowed == verdict.isAllowed }

    /// Control's side of the comparison: the reported verdict, with the windows of the model that follows the reports.
    package var decision: Decision { makeDecision(windows: windows) }

    /// What the caller gets where the report is enforced: what it holds, and nothing of the other side.
    package var answer: Decision { makeDecision(windows: []) }

    private func makeDecision(windows: [WindowState]) -> Decision {
        Decision(
            outcome: verdict.isAllowed ? .allowed : .limited(by: window ?? verdict.limitedBy ?? ""), windows: windows,
            retryAfterMilliseconds: verdict.isAllowed ? 0 : retryAfterMilliseconds, judgedAt: time)
    }

    /// The reported wait; else the model's, at least a second.
    private var retryAfterMilliseconds: Int64 {
        verdict.retryAfterMilliseconds ?? max(1_000, model.retryAfterMilliseconds)
    }

    /// How far the reported remainder is from a decision's, in units; `nil` if none is reported.
    ///
    /// Compared with the window of the reported limit if there is exactly one, else with the one that has the least
    /// left.
    package func remainingDifference(from decision: Decision) -> Int? {
        guard let remaining = verdict.remaining else { return nil }
        let named = decision.windows.filter { $0.window.limit == verdict.limit }
        let state = named.count == 1 ? named[0] : decision.windows.min { $0.remaining < $1.remaining }
        return state.map { abs(remaining - $0.remaining) }
    }

    /// The kind of divergence that this report holds too little for, given what the candidate said; `nil` if it can be
    /// compared.
    package func uncomparedKind(with candidate: Decision) -> DivergenceKind? {
        switch candidate.outcome {
        case .limited: !verdict.isAllowed && window == nil ? .differentWindow : nil
        case .allowed: verdict.isAllowed && verdict.remaining == nil ? .quotaDrift : nil
        case .unavailable: nil
        }
    }
}

extension ReportedControl: Equatable {
    package static func == (left: ReportedControl, right: ReportedControl) -> Bool {
        left.verdict == right.verdict && left.window == right.window && left.model == right.model
            && left.windows == right.windows && left.modelRefusedJustBefore == right.modelRefusedJustBefore
            && left.time == right.time && left.latenessMilliseconds == right.latenessMilliseconds
            && left.hasIgnoredTime == right.hasIgnoredTime
    }
}
