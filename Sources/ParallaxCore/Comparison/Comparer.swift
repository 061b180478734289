/// Compares what one instance's two sides said of a request, and explains where they differ. What it knows of each
/// identity it learns from being shown every request in turn; it reads no clock, so that replay and simulations use it
/// as it is.
package struct Comparer: Sendable {
    /// One request that both sides have judged.
    package struct Judged: Sendable {
        package let request: CheckRequest
        /// The instance's time of the request, by which control judged.
        package let time: Timestamp
        package let control: Observation
        package let candidate: Observation
        /// The side whose verdict the caller got.
        package let enforced: Side
        /// Since when control has seen every request of this instance.
        package let controlSince: Timestamp
        /// Since when the candidate was asked about every request of this instance; `nil` if it always was.
        package let candidateSince: Timestamp?
        /// How far the candidate's clock is ahead of the instance's; `nil` if it is not known.
        package let clockOffsetMilliseconds: Int64?
        /// What a second control said when the candidate had answered; `nil` if there is none.
        package let secondControl: Decision?

        package init(
            _ request: CheckRequest, at time: Timestamp, control: Observation, candidate: Observation,
            enforced: Side = .control, controlSince: Timestamp, candidateSince: Timestamp? = nil,
            clockOffsetMilliseconds: Int64?, secondControl: Decision? = nil
        ) {
            self.request = request
            self.time = time
            self.control = control
            self.candidate = candidate
            self.enforced = enforced
            self.controlSince = controlSince
            self.candidateSince = candidateSince
            self.clockOffsetMilliseconds = clockOffsetMilliseconds
            self.secondControl = secondControl
        }
    }

    private let control: InMemoryLimiter
    private let ledger: InstanceLedger
    package let tolerances: ComparisonTolerances

    /// - Parameters:
    ///   - control: The limiter that judged as control: asked for its algorithm and what it let go, never for a
    ///     verdict.
    ///   - ledger: Of this instance only.
    package init(control: InMemoryLimiter, ledger: InstanceLedger, tolerances: ComparisonTolerances) {
        self.control = control
        self.ledger = ledger
        self.tolerances = tolerances
    }

    /// Notes that the candidate is being asked, where answers can overtake each other.
    package func begin(_ request: CheckRequest, at time: Timestamp) { ledger.begin(request, at: time) }

    /// Compares, and notes what the candidate accepted for comparisons to come.
    package func compare(_ judged: Judged) -> Comparison {
        let request = judged.request
        let (control, candidate) = (judged.control.decision, judged.candidate.decision.plausible)
        var result = Comparison.Result(control: control, candidate: candidate, tolerances: tolerances)
        let own = ledger.enter(
            request, at: judged.time, control: control, candidate: candidate, tolerances: tolerances,
            knownSince: judged.controlSince, explaining: result.kind)
        var evidence = Evidence(
            ownUnits: own.held, lostUnits: own.lost, controlOnlyUnits: own.controlOnly,
            candidateOnlyUnits: own.candidateOnly, ownOutcome: own.outcome, ownOutcomeOfControl: own.controlOutcome,
            unitsInReach: own.inReach, hasSeenOthers: own.hasSeenOthers,
            clockOffsetMilliseconds: judged.clockOffsetMilliseconds, controlRemembersSince: judged.controlSince,
            controlAlgorithm: self.control.algorithm)
        if let kind = result.kind {
            evidence.clockHasStepped = own.clockHasStepped
            evidence.clockHasSteppedLately = own.clockHasSteppedLately
            evidence.candidateAskedSince = judged.candidateSince
            evidence.controlEvictedAt = self.control.lastEviction(of: request.identity)
            let explanation = Explanation(
                request: request, kind: kind, control: control, candidate: candidate, evidence: evidence,
                tolerances: tolerances)
            result = .diverged(kind, explanation.cause)
        }
        return Comparison(
            identity: request.identity, cost: request.cost, time: judged.time,
            policyFingerprint: request.policy.fingerprint, control: judged.control, candidate: judged.candidate,
            enforced: judged.enforced, result: result, evidence: evidence,
            secondControlAgreed: judged.secondControl.map {
                Comparison.Result(control: control, candidate: $0, tolerances: tolerances) == .agreed
            })
    }

    /// Forgets an identity whose units were reset in Redis.
    package func forget(_ scope: ResetScope) { ledger.reset(scope) }
}

extension Comparison.Result {
    /// The kind of a divergence.
    fileprivate var kind: DivergenceKind? {
        if case .diverged(let kind, _) = self { kind } else { nil }
    }
}

extension Decision {
    /// Units and times beyond these are no limiter's.
    private static let units = 0...(1 << 40)
    private static let times = -(1 << 53)...Int64(1 << 53)

    /// The same with every number within bounds that arithmetic on them stays far from: a candidate can say anything, and
    /// must not bring down who compares it.
    var plausible: Decision {
        guard !isPlausible else { return self }
        return Decision(
            outcome: outcome,
            windows: windows.map { state in
                WindowState(
                    window: state.window, used: state.used.clamped(to: Self.units),
                    reset: Timestamp(milliseconds: state.reset.milliseconds.clamped(to: Self.times)))
            },
            retryAfterMilliseconds: retryAfterMilliseconds.clamped(to: Self.times),
            judgedAt: judgedAt.map { Timestamp(milliseconds: $0.milliseconds.clamped(to: Self.times)) })
    }

    private var isPlausible: Bool {
        Self.times.contains(retryAfterMilliseconds) && judgedAt.map { Self.times.contains($0.milliseconds) } ?? true
            && windows.allSatisfy { Self.units.contains($0.used) && Self.times.contains($0.reset.milliseconds) }
    }
}

extension Comparable {
    fileprivate func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
