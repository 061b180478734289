/// Why two decisions about one request differ, found by counterfactual: for each cause in turn, whether they would
/// agree if only that one were undone. Where several things went wrong at once, the one that weighs most.
struct Explanation {
    let request: CheckRequest
    let kind: DivergenceKind
    let control: Decision
    let candidate: Decision
    let evidence: Evidence
    let tolerances: ComparisonTolerances

    /// The first cause that suffices, in the order of ``DivergenceCause``; else the first of those that weigh most.
    var cause: DivergenceCause {
        if isHeldByStep { return .clockSkew }
        let causes = DivergenceCause.allCases
        if let cause = causes.first(where: suffices) { return cause }
        let weights = causes.map(weight)
        guard let most = weights.max(), most > 0 else {
            return causes.first(where: hasForgotten) ?? (agreesInAnotherOrder ? .boundary : .unexplained)
        }
        return causes[weights.firstIndex(of: most)!]
    }

    /// Whether the sides would agree if only this were undone.
    private func suffices(_ cause: DivergenceCause) -> Bool {
        switch cause {
        case .boundary: flipsWithinTolerance
        case .lostWrites: hasLost && agreesHadNothingBeenLost
        case .otherInstances: othersTookPart && agreesWithoutOthers
        case .carriedOver: !isAfterStep && sidesPartedBefore && agreesHadControlAcceptedTheSame
        // Of units from before control's memory began no one can tell whose they were, if there are others.
        case .restart, .eviction: hasForgotten(cause) && !evidence.hasSeenOthers
        case .clockSkew:
            isAfterStep || isSkewed && (evidence.clockHasStepped || !agreesInAnotherOrder)
        case .algorithm: evidence.controlAlgorithm != .slidingLog
        case .policy: isUnderAnotherPolicy
        case .unexplained: false
        }
    }

    /// Whether Redis holds units in the window in question from before control's memory of the identity began.
    private func hasForgotten(_ cause: DivergenceCause) -> Bool {
        switch cause {
        case .restart: candidateRemembers(before: evidence.controlRemembersSince)
        case .eviction: candidateRemembers(before: evidence.controlEvictedAt)
        default: false
        }
    }

    /// How much this weighs if no single cause suffices: for `remaining`, by how many units; for a verdict, whether its
    /// side would have given another.
    private func weight(_ cause: DivergenceCause) -> Int {
        switch cause {
        case .lostWrites: hasLost ? difference(units(of: candidate), candidateWithoutLoss) : 0
        case .otherInstances: othersTookPart ? difference(units(of: candidate), candidateWithoutOthers) : 0
        case .carriedOver: sidesPartedBefore ? difference(units(of: control), controlNotParted) : 0
        default: 0
        }
    }

    /// A limited side would have allowed, or two limited sides have named the same window, a few milliseconds later.
    ///
    /// The allowed side judged earlier is not asked about: where both hold the same units, the limited side says as
    /// much.
    private var flipsWithinTolerance: Bool {
        switch kind {
        case .newlyLimited: candidate.retryAfterMilliseconds <= tolerances.boundaryMilliseconds
        case .newlyAllowed: control.retryAfterMilliseconds <= tolerances.boundaryMilliseconds
        case .differentWindow:
            abs(control.retryAfterMilliseconds - candidate.retryAfterMilliseconds) <= tolerances.boundaryMilliseconds
        case .quotaDrift: false
        }
    }

    /// Whether a side found its newest unit ahead of its clock: that holds a caller who otherwise waits for nothing, so
    /// it is asked before any wait is looked at. Others' and lost units explain a divergence whatever the clocks do.
    private var isHeldByStep: Bool {
        max(control.stepBackMilliseconds, candidate.stepBackMilliseconds) > tolerances.clockSkewMilliseconds
            && !hasLost && !othersTookPart
    }

    /// Whether a clock stepped within the longest window, and others' units make no difference: units are then
    /// displaced, and what the sides accept apart from each other meanwhile follows from that.
    private var isAfterStep: Bool {
        evidence.clockHasSteppedLately && !hasLost
            && (!othersTookPart || agree(evidence.ownUnits, units(of: candidate)))
    }

    private var isSkewed: Bool { abs(evidence.clockOffsetMilliseconds ?? 0) > tolerances.clockSkewMilliseconds }

    private var isUnderAnotherPolicy: Bool {
        guard let fingerprint = evidence.controlPolicyFingerprint else { return false }
        return fingerprint != request.policy.fingerprint
    }
}

// MARK: What each side would hold
extension Explanation {
    /// Units in each window before the decision took its own.
    private func units(of decision: Decision) -> [Int] { decision.windows.map { unitsBefore($0, in: decision) } }

    private func unitsBefore(_ state: WindowState, in decision: Decision) -> Int {
        state.used - (decision.isAllowed ? request.cost : 0)
    }

    private var lostUnits: [Int] {
        evidence.lostUnits.isEmpty ? Array(repeating: 0, count: candidate.windows.count) : evidence.lostUnits
    }

    private var hasLost: Bool { evidence.lostUnits.contains { $0 > 0 } }

    private var candidateWithoutLoss: [Int] { zip(units(of: candidate), lostUnits).map { $0 + $1 } }

    /// What control would hold, had it accepted what the candidate accepted from this instance.
    private var controlNotParted: [Int] {
        guard !controlHoldsWhatCandidateWasNotAsked else { return evidence.ownUnits }
        let parted = zip(evidence.candidateOnlyUnits, evidence.controlOnlyUnits).map { $0 - $1 }
        return zip(units(of: control), parted).map { max(0, $0 + $1) }
    }

    private var controlHoldsWhatCandidateWasNotAsked: Bool {
        guard let start = evidence.candidateAskedSince else { return false }
        return control.windows.contains { state in
            unitsBefore(state, in: control) > 0 && state.reset + -state.window.durationMilliseconds < start
        }
    }

    /// What Redis would hold of only this instance's units.
    private var candidateWithoutOthers: [Int] { zip(evidence.ownUnits, lostUnits).map { max(0, $0 - $1) } }

    private var othersTookPart: Bool {
        evidence.hasSeenOthers && zip(candidateWithoutOthers, units(of: candidate)).contains { $0 < $1 }
    }

    /// One side accepted from this instance, earlier in a window, what the other did not. Only a log says which units
    /// it holds.
    private var sidesPartedBefore: Bool {
        evidence.controlAlgorithm == .slidingLog
            && (evidence.controlOnlyUnits.contains { $0 > 0 } || evidence.candidateOnlyUnits.contains { $0 > 0 }
                || controlHoldsWhatCandidateWasNotAsked)
    }

    /// Whether the window in question holds units in Redis from before an instant of this instance's clock, at which
    /// control remembered nothing.
    private func candidateRemembers(before start: Timestamp?) -> Bool {
        switch kind {
        case .newlyLimited, .differentWindow: candidate.limitingWindow.map { holdsUnits($0, before: start) } ?? false
        case .quotaDrift: candidate.windows.contains { holdsUnits($0, before: start) }
        // What control forgot cannot make it refuse.
        case .newlyAllowed: false
        }
    }

    /// Whether the window's oldest unit is older, whichever of the two clocks tells its age.
    private func holdsUnits(_ state: WindowState, before start: Timestamp?) -> Bool {
        guard let start, let judgedAt = candidate.judgedAt, unitsBefore(state, in: candidate) > 0 else { return false }
        // Of an overdrawn window `reset` does not tell the oldest unit.
        let end = state.used > state.window.limit ? judgedAt : state.reset
        let oldest = end + -state.window.durationMilliseconds
        let corrected = oldest + -(evidence.clockOffsetMilliseconds ?? 0)
        return (isSkewed ? max(oldest, corrected) : corrected) < start
    }
}

// MARK: What they would say
extension Explanation {
    private var agreesHadNothingBeenLost: Bool {
        difference(units(of: candidate), candidateWithoutLoss) > 0 && agree(units(of: control), candidateWithoutLoss)
    }

    /// Which of several windows has the longest wait, counts cannot tell: the log of this instance's units can.
    private var agreesWithoutOthers: Bool {
        kind == .differentWindow && !hasLost
            ? evidence.ownOutcome == control.outcome : agree(units(of: control), candidateWithoutOthers)
    }

    private var agreesHadControlAcceptedTheSame: Bool {
        guard kind == .differentWindow else { return agree(controlNotParted, units(of: candidate)) }
        // What control forgot is not undone: the log of this instance's units stands for it where it holds as many.
        let holdsAsMany = largestDifference(controlNotParted, evidence.ownUnits) <= tolerances.quotaDriftUnits
        return evidence.ownOutcomeOfControl == candidate.outcome
            && (holdsAsMany || isSkewed)
    }

    /// Whether the sides would agree, had the candidate judged some of the units within reach before this request and
    /// not after it, or the other way round.
    private var agreesInAnotherOrder: Bool {
        let held = units(of: candidate)
        guard evidence.unitsInReach.count == held.count else { return false }
        let fewest = zip(held, evidence.unitsInReach).map { max(0, $0 - $1) }
        let most = zip(held, evidence.unitsInReach).map { $0 + $1 }
        switch kind {
        case .newlyLimited: return refusing(fewest).isEmpty
        case .newlyAllowed: return !refusing(most).isEmpty
        case .differentWindow:
            return Set(refusing(fewest)).isSubset(of: refusing(units(of: control)))
                && Set(refusing(units(of: control))).isSubset(of: refusing(most))
        case .quotaDrift:
            return zip(units(of: control), zip(fewest, most)).allSatisfy { own, range in
                range.0 - tolerances.quotaDriftUnits <= own && own <= range.1 + tolerances.quotaDriftUnits
            }
        }
    }

    /// Whether the sides would agree, held they these units.
    private func agree(_ control: [Int], _ candidate: [Int]) -> Bool {
        switch kind {
        case .newlyLimited, .newlyAllowed: refusing(control).isEmpty == refusing(candidate).isEmpty
        case .differentWindow: refusing(control) == refusing(candidate)
        case .quotaDrift: largestDifference(control, candidate) <= tolerances.quotaDriftUnits
        }
    }

    /// How far apart what a side would say with these units and with others is.
    private func difference(_ units: [Int], _ others: [Int]) -> Int {
        switch kind {
        case .newlyLimited, .newlyAllowed: refusing(units).isEmpty == refusing(others).isEmpty ? 0 : 1
        case .differentWindow: refusing(units) == refusing(others) ? 0 : 1
        case .quotaDrift: largestDifference(units, others)
        }
    }

    private func largestDifference(_ units: [Int], _ others: [Int]) -> Int {
        zip(units, others).map { abs($0 - $1) }.max() ?? 0
    }

    /// The windows that such units leave no room in.
    private func refusing(_ units: [Int]) -> [Int] {
        zip(units, request.policy.windows).enumerated()
            // Subtracted, since a candidate may claim any number of units.
            .filter { $1.0 > $1.1.limit - request.cost }.map(\.offset)
    }
}
