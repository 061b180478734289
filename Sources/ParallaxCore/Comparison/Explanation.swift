/// Why two decisions about one request differ, found by counterfactual: for each cause in turn, whether they would agree without it.
struct Explanation {
    let request: CheckRequest
    let kind: DivergenceKind
    let control: Decision
    let candidate: Decision
    let evidence: Evidence
    let tolerances: ComparisonTolerances

    /// The first cause that fits, in the order of ``DivergenceCause``.
    var cause: DivergenceCause {
        DivergenceCause.allCases.first(where: fits) ?? .unexplained
    }

    private func fits(_ cause: DivergenceCause) -> Bool {
        switch cause {
        case .boundary: flipsWithinTolerance
        case .lostWrites: candidateHoldsLessThanItAccepted
        case .otherInstances: agreesWithoutForeignUnits
        case .carriedOver: sidesAcceptedDifferentUnits
        case .restart: reachesBack(before: evidence.controlRemembersSince)
        case .eviction: reachesBack(before: evidence.controlEvictedAt)
        case .clockSkew: abs(evidence.clockOffsetMilliseconds ?? 0) > tolerances.clockSkewMilliseconds
        case .algorithm: evidence.controlAlgorithm != .slidingLog
        case .policy: isUnderAnotherPolicy
        case .unexplained: true
        }
    }

    /// A limited side would have allowed, or two limited sides have named the same window, a few milliseconds later.
    private var flipsWithinTolerance: Bool {
        switch kind {
        case .newlyLimited: candidate.retryAfterMilliseconds <= tolerances.boundaryMilliseconds
        case .newlyAllowed: control.retryAfterMilliseconds <= tolerances.boundaryMilliseconds
        case .differentWindow:
            abs(control.retryAfterMilliseconds - candidate.retryAfterMilliseconds) <= tolerances.boundaryMilliseconds
        case .quotaDrift: false
        }
    }

    private var candidateHoldsLessThanItAccepted: Bool {
        zip(evidence.certainOwnUnits, candidate.windows).contains { own, state in
            own > unitsBefore(state, in: candidate)
        }
    }

    /// Judged on the units of this instance alone, the candidate would have decided as control did.
    private var agreesWithoutForeignUnits: Bool {
        guard evidence.ownUnits.count == candidate.windows.count else { return false }
        let pairs = zip(evidence.ownUnits, candidate.windows)
        guard pairs.contains(where: { own, state in own < unitsBefore(state, in: candidate) }) else { return false }
        let refusing = pairs.filter { own, state in own + request.cost > state.window.limit }.map(\.1.window.name)
        switch kind {
        case .newlyLimited: return refusing.isEmpty
        case .newlyAllowed: return false
        case .differentWindow: return control.limitingWindow.map { refusing == [$0.window.name] } ?? false
        case .quotaDrift:
            return zip(control.windows, evidence.ownUnits).allSatisfy { state, own in
                abs(unitsBefore(state, in: control) - own) <= tolerances.quotaDriftUnits
            }
        }
    }

    /// What control holds and what Redis accepted from this instance differ in a window: one of the sides had refused
    /// what the other accepted. Only a log says which units it holds.
    private var sidesAcceptedDifferentUnits: Bool {
        guard evidence.controlAlgorithm == .slidingLog else { return false }
        return zip(evidence.ownUnits, control.windows).contains { own, state in own != unitsBefore(state, in: control) }
    }

    private var isUnderAnotherPolicy: Bool {
        guard let fingerprint = evidence.controlPolicyFingerprint else { return false }
        return fingerprint != request.policy.fingerprint
    }

    /// Whether the window in question began before `start`, so that control has not seen all of it.
    private func reachesBack(before start: Timestamp?) -> Bool {
        guard let start, let judgedAt = control.judgedAt else { return false }
        let window = (candidate.limitingWindow ?? control.limitingWindow)?.window
        let duration = window?.durationMilliseconds ?? request.policy.longestDurationMilliseconds
        return start > judgedAt + -duration
    }

    /// Units in the window before the decision took its own.
    private func unitsBefore(_ state: WindowState, in decision: Decision) -> Int {
        state.used - (decision.isAllowed ? request.cost : 0)
    }
}
