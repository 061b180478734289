/// Compares what one instance's two sides said of a request, and explains where they differ. What it knows of each identity
/// it learns from being shown every request in turn; it reads no clock, so that replay and simulations use it as it is.
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
        /// How far the candidate's clock is ahead of the instance's; `nil` where it is not known.
        package let clockOffsetMilliseconds: Int64?

        package init(
            _ request: CheckRequest, at time: Timestamp, control: Observation, candidate: Observation,
            enforced: Side = .control, controlSince: Timestamp, clockOffsetMilliseconds: Int64?
        ) {
            self.request = request
            self.time = time
            self.control = control
            self.candidate = candidate
            self.enforced = enforced
            self.controlSince = controlSince
            self.clockOffsetMilliseconds = clockOffsetMilliseconds
        }
    }

    private let control: InMemoryLimiter
    private let ledger: CandidateLedger
    package let tolerances: ComparisonTolerances

    /// - Parameters:
    ///   - control: The limiter that judged as control: asked for its algorithm and what it let go, never for a verdict.
    ///   - ledger: Of this instance alone.
    package init(control: InMemoryLimiter, ledger: CandidateLedger, tolerances: ComparisonTolerances) {
        self.control = control
        self.ledger = ledger
        self.tolerances = tolerances
    }

    /// Compares, and notes what the candidate accepted for comparisons to come.
    package func compare(_ judged: Judged) -> Comparison {
        let request = judged.request
        let own = ledger.enter(
            judged.candidate.decision, on: request, slackMilliseconds: tolerances.boundaryMilliseconds)
        var evidence = Evidence(
            ownUnits: own.held, certainOwnUnits: own.certain,
            clockOffsetMilliseconds: judged.clockOffsetMilliseconds,
            controlRemembersSince: judged.controlSince, controlAlgorithm: control.algorithm)
        var result = Comparison.Result(
            control: judged.control.decision, candidate: judged.candidate.decision, tolerances: tolerances)
        if case .diverged(let kind, _) = result {
            evidence.controlEvictedAt = control.lastEviction(of: request.identity)
            let explanation = Explanation(
                request: request, kind: kind, control: judged.control.decision, candidate: judged.candidate.decision,
                evidence: evidence, tolerances: tolerances)
            result = .diverged(kind, explanation.cause)
        }
        return Comparison(
            identity: request.identity, cost: request.cost, time: judged.time,
            policyFingerprint: request.policy.fingerprint, control: judged.control, candidate: judged.candidate,
            enforced: judged.enforced, result: result, evidence: evidence)
    }

    /// Forgets an identity whose units were reset in Redis.
    package func forget(_ identity: Identity) { ledger.reset(identity) }
}
