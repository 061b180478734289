/// Where control's verdict was reported: whether the modelled control would have decided otherwise, and why.
extension Explanation {
    /// Why the report differs from the model that follows the reports; `nil` if it does not, or nothing was reported.
    var causeInReport: DivergenceCause? {
        guard let reported, modelDecidesOtherwise(reported) else { return nil }
        if isAtModelsBoundary(reported) { return .boundary }
        if modelHasForgotten(reported, before: evidence.controlRemembersSince) { return .restart }
        if modelHasForgotten(reported, before: evidence.controlEvictedAt) { return .eviction }
        return hasOtherLimit(reported) ? .policy : .legacyBehaviour
    }

    /// The boundary tolerance: a report that arrived late may have been judged that much earlier.
    var boundaryMilliseconds: Int64 { tolerances.boundaryMilliseconds + (reported?.latenessMilliseconds ?? 0) }

    private func modelDecidesOtherwise(_ reported: ReportedControl) -> Bool {
        switch kind {
        case .newlyLimited, .newlyAllowed: !reported.modelAgrees
        case .differentWindow: reported.model.outcome != reported.decision.outcome
        case .quotaDrift:
            !reported.modelAgrees
                || reported.remainingDifference(from: reported.model) ?? 0 > tolerances.quotaDriftUnits
        }
    }

    /// Whether the model would have decided as reported a few milliseconds earlier or later.
    private func isAtModelsBoundary(_ reported: ReportedControl) -> Bool {
        if kind == .quotaDrift { return false }
        if reported.verdict.isAllowed { return reported.model.retryAfterMilliseconds <= boundaryMilliseconds }
        if !reported.model.isAllowed {
            return abs(reported.decision.retryAfterMilliseconds - reported.model.retryAfterMilliseconds)
                <= boundaryMilliseconds
        }
        return reported.modelRefusedJustBefore
            || reported.verdict.retryAfterMilliseconds.map { $0 <= boundaryMilliseconds } ?? false
    }

    /// Whether the model lacks units that it cannot know: it has been following for less than the window's length.
    private func modelHasForgotten(_ reported: ReportedControl, before start: Timestamp?) -> Bool {
        // What the model forgot cannot make it refuse.
        guard let start, reported.model.isAllowed else { return false }
        let window = request.policy.windows.first { $0.name == reported.window }
        let duration = window?.durationMilliseconds ?? request.policy.longestDurationMilliseconds
        return reported.time - start < duration
    }

    /// Whether the report counts from a limit that the policy does not have.
    private func hasOtherLimit(_ reported: ReportedControl) -> Bool {
        guard let limit = reported.verdict.limit else { return false }
        let windows = request.policy.windows
        if let window = windows.first(where: { $0.name == reported.window }) { return window.limit != limit }
        return !windows.contains { $0.limit == limit }
    }
}
