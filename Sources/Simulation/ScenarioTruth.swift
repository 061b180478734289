import ParallaxCore

/// All that ever happened in a scenario, and from it the true cause of a divergence: the same counterfactuals that
/// instances draw from their evidence, carried out here on complete histories, unit by unit.
struct ScenarioTruth {
    /// One request as both sides judged it.
    struct Judged {
        let request: CheckRequest
        let instance: Int
        let trueTime: Timestamp
        /// By the instance's clock, and by the candidate's.
        let time: Timestamp
        let candidateTime: Timestamp
        let control: Decision
        let candidate: Decision
        /// When control is known to have let the identity go last.
        let evictedAt: Timestamp?
    }

    /// Units that a side accepted at once.
    private struct Units {
        let request: CheckRequest
        let instance: Int
        let trueTime: Timestamp
        /// By the instance's clock, and by the candidate's.
        let time: Timestamp
        let candidateTime: Timestamp
        var isLost = false

        var count: Int { request.cost }
    }

    /// One identity's whole history.
    private struct History {
        var candidate: [Units] = []
        var control: [Units] = []
        /// Units that only one side accepted.
        var divergedUnits: [Units] = []
    }

    private let algorithm: LimiterAlgorithm
    private let tolerances = ComparisonTolerances()
    private var histories: [Identity: History] = [:]
    private var restarts: [Int: Timestamp] = [:]
    /// True times at which a clock stepped.
    private var clockSteps: [Timestamp] = []

    init(_ scenario: Scenario) {
        algorithm = scenario.algorithm
    }

    mutating func restart(_ instance: Int, at time: Timestamp) { restarts[instance] = time }

    mutating func clockSteps(at time: Timestamp) { clockSteps.append(time) }

    /// Redis loses what it accepted after a time of its clock; everything if there is none.
    mutating func lose(after time: Timestamp?) {
        histories = histories.mapValues { history in
            var history = history
            for index in history.candidate.indices
            where time.map({ history.candidate[index].candidateTime > $0 }) ?? true {
                history.candidate[index].isLost = true
            }
            return history
        }
    }

    /// A candidate that holds what was not lost.
    func restoredCandidate() -> InMemoryLimiter {
        let limiter = InMemoryLimiter(shardCount: 1)
        for history in histories.values {
            for units in history.candidate where !units.isLost {
                _ = limiter.judge(units.request, at: units.candidateTime)
            }
        }
        return limiter
    }

    mutating func enter(_ judged: Judged) {
        let identity = judged.request.identity
        let units = Units(
            request: judged.request, instance: judged.instance, trueTime: judged.trueTime, time: judged.time,
            candidateTime: judged.candidateTime)
        if judged.control.isAllowed { histories[identity, default: History()].control.append(units) }
        if judged.candidate.isAllowed { histories[identity, default: History()].candidate.append(units) }
        guard judged.control.isAllowed != judged.candidate.isAllowed else { return }
        histories[identity, default: History()].divergedUnits.append(units)
    }
}

// MARK: The true cause
extension ScenarioTruth {
    /// The first cause that is true, in the order of ``DivergenceCause``.
    func cause(of judged: Judged, kind: DivergenceKind) -> DivergenceCause {
        let counterfactuals = Counterfactuals(self, judged)
        let step = max(judged.control.stepBackMilliseconds, judged.candidate.stepBackMilliseconds)
        if step > tolerances.clockSkewMilliseconds, agreeInTrueTime(judged, kind, counterfactuals) { return .clockSkew }
        return DivergenceCause.allCases.first { suffices($0, judged, kind, counterfactuals) }
            ?? heaviest(judged, kind, counterfactuals)
    }

    private func heaviest(_ judged: Judged, _ kind: DivergenceKind, _ counterfactuals: Counterfactuals)
        -> DivergenceCause
    {
        let weights = DivergenceCause.allCases.map { weight($0, judged, kind, counterfactuals) }
        guard let most = weights.max(), most > 0 else {
            // What was accepted while a clock was ahead pruned what came before, and cannot be told from a clock that
            // never was.
            return hasStepped(judged) ? .clockSkew : .unexplained
        }
        return DivergenceCause.allCases[weights.firstIndex(of: most)!]
    }

    /// What each side would have held, had one thing not gone wrong.
    private struct Counterfactuals {
        let held: [Units]
        /// What the candidate holds of only this instance's units.
        let ours: [Units]
        /// What the candidate would hold, had it lost none of this instance's units.
        let restored: [Units]
        /// What the candidate ever accepted from this instance, and that since control began to remember.
        let accepted: [Units]
        let acceptedSinceMemory: [Units]
        let hasDiverged: Bool
        let hasForgotten: Bool

        init(_ truth: ScenarioTruth, _ judged: Judged) {
            let history = truth.histories[judged.request.identity] ?? History()
            let start = judged.trueTime + -judged.request.policy.longestDurationMilliseconds
            let since = truth.remembersSince(judged)
            held = history.candidate.filter { !$0.isLost }
            ours = held.filter { $0.instance == judged.instance }
            restored = history.candidate.filter { !$0.isLost || $0.instance == judged.instance }
            accepted = history.candidate.filter { $0.instance == judged.instance }
            acceptedSinceMemory = accepted.filter { units in since.map { $0 <= units.trueTime } ?? true }
            hasDiverged = history.divergedUnits.contains { units in
                units.instance == judged.instance && units.trueTime > start
                    && since.map { $0 <= units.trueTime } ?? true
            }
            hasForgotten = since.map { $0 > start } ?? false
        }
    }

    /// Whether the sides would agree if only this were undone.
    private func suffices(
        _ cause: DivergenceCause, _ judged: Judged, _ kind: DivergenceKind, _ counterfactuals: Counterfactuals
    ) -> Bool {
        switch cause {
        case .boundary:
            isBoundary(judged, kind)
        case .lostWrites:
            counterfactuals.restored.count > counterfactuals.held.count
                && agree(judged.control, candidate(judged, counterfactuals.restored), kind)
        case .otherInstances:
            counterfactuals.ours.count < counterfactuals.held.count
                && agree(judged.control, candidate(judged, counterfactuals.ours), kind)
        case .carriedOver:
            !isAfterStep(judged, kind, counterfactuals) && algorithm == .slidingLog && counterfactuals.hasDiverged
                && agree(control(judged, counterfactuals.acceptedSinceMemory), judged.candidate, kind)
        case .restart, .eviction:
            counterfactuals.hasForgotten && (cause == .restart) == hasRestarted(judged)
                && agree(control(judged, counterfactuals.accepted), judged.candidate, kind)
        case .clockSkew:
            isAfterStep(judged, kind, counterfactuals)
                || abs(judged.candidateTime - judged.time) > tolerances.clockSkewMilliseconds
                    && agreeInTrueTime(judged, kind, counterfactuals)
        case .algorithm: algorithm != .slidingLog
        case .policy, .unexplained: false
        }
    }

    /// How much this weighs if no single cause suffices.
    private func weight(
        _ cause: DivergenceCause, _ judged: Judged, _ kind: DivergenceKind, _ counterfactuals: Counterfactuals
    ) -> Int {
        switch cause {
        case .lostWrites: difference(judged.candidate, candidate(judged, counterfactuals.restored), kind)
        case .otherInstances: difference(judged.candidate, candidate(judged, counterfactuals.ours), kind)
        case .carriedOver:
            counterfactuals.hasDiverged
                ? difference(judged.control, control(judged, counterfactuals.acceptedSinceMemory), kind) : 0
        default: 0
        }
    }

    private func difference(_ one: Decision, _ other: Decision, _ kind: DivergenceKind) -> Int {
        guard kind == .quotaDrift else { return agree(one, other, kind) ? 0 : 1 }
        return zip(one.windows, other.windows).map { abs($0.remaining - $1.remaining) }.max() ?? 0
    }

    /// The limited side would have allowed within the tolerance.
    private func isBoundary(_ judged: Judged, _ kind: DivergenceKind) -> Bool {
        let tolerance = tolerances.boundaryMilliseconds
        let (control, candidate) = (judged.control.retryAfterMilliseconds, judged.candidate.retryAfterMilliseconds)
        switch kind {
        case .newlyLimited: return candidate <= tolerance
        case .newlyAllowed: return control <= tolerance
        case .differentWindow: return abs(control - candidate) <= tolerance
        case .quotaDrift: return false
        }
    }

    /// What control has forgotten lies before this; `nil` if it has forgotten nothing.
    private func remembersSince(_ judged: Judged) -> Timestamp? {
        [restarts[judged.instance], judged.evictedAt].compactMap { $0 }.max()
    }

    private func hasRestarted(_ judged: Judged) -> Bool {
        restarts[judged.instance].map { $0 >= judged.evictedAt ?? $0 } ?? false
    }

    /// A clock stepped within the longest window, and by one that had not the sides would agree.
    private func isAfterStep(_ judged: Judged, _ kind: DivergenceKind, _ counterfactuals: Counterfactuals) -> Bool {
        hasStepped(judged) && agreeInTrueTime(judged, kind, counterfactuals)
    }

    private func hasStepped(_ judged: Judged) -> Bool {
        clockSteps.contains { judged.trueTime - $0 < judged.request.policy.longestDurationMilliseconds }
    }

    /// Whether what the candidate accepted and what it holds lead to one answer by a clock that never stepped.
    private func agreeInTrueTime(_ judged: Judged, _ kind: DivergenceKind, _ counterfactuals: Counterfactuals) -> Bool {
        let answers = [counterfactuals.accepted, counterfactuals.held].map { units in
            decision(judged.request, units.map { ($0.trueTime, $0.count) }, at: judged.trueTime)
        }
        return agree(answers[0], answers[1], kind)
    }

    private func agree(_ one: Decision, _ other: Decision, _ kind: DivergenceKind) -> Bool {
        switch Comparison.Result(control: one, candidate: other, tolerances: tolerances) {
        case .agreed: true
        case .diverged(.quotaDrift, _): kind != .quotaDrift
        // By which window, is no matter where one of the two verdicts was to allow.
        case .diverged(.differentWindow, _): kind == .newlyLimited || kind == .newlyAllowed
        case .diverged, .incomparable: false
        }
    }

    private func candidate(_ judged: Judged, _ units: [Units]) -> Decision {
        decision(judged.request, units.map { ($0.candidateTime, $0.count) }, at: judged.candidateTime)
    }

    private func control(_ judged: Judged, _ units: [Units]) -> Decision {
        decision(judged.request, units.map { ($0.time, $0.count) }, at: judged.time)
    }

    /// What a log of these units says.
    private func decision(_ request: CheckRequest, _ units: [(Timestamp, Int)], at time: Timestamp) -> Decision {
        var log = SlidingLog()
        let kept = request.policy.longestDurationMilliseconds
        for (moment, count) in units where time - moment < kept {
            log.followStepBack(to: moment)
            log.append(count, at: moment, keeping: kept)
        }
        return log.look(request.policy, cost: request.cost, at: time)
    }
}
