/// What a caller gets: one side's decision, and how it was reached.
package struct Answer: Equatable, Sendable {
    package let identity: Identity
    package let time: Timestamp
    package let strategy: Strategy
    /// The side whose verdict this is.
    package let enforced: Side
    /// Whether control's verdict stands in for a candidate that was to be enforced and could not answer.
    package let isStandIn: Bool
    package let decision: Decision
    /// From the request to this answer, on a monotonic clock.
    package let duration: Duration
    /// Whether, in hybrid, only control judged: the identity is held out, to compare response times with.
    package let isHeldOut: Bool
    /// How much longer the caller waited for the candidate than control took, in hybrid; in `distributed_only`, where
    /// control is not asked, all of the wait. Zero if no one waited for the candidate.
    package let candidateWait: Duration

    package init(
        identity: Identity, time: Timestamp, strategy: Strategy, enforced: Side, isStandIn: Bool, decision: Decision,
        duration: Duration, isHeldOut: Bool = false, candidateWait: Duration = .zero
    ) {
        self.identity = identity
        self.time = time
        self.strategy = strategy
        self.enforced = enforced
        self.isStandIn = isStandIn
        self.decision = decision
        self.duration = duration
        self.isHeldOut = isHeldOut
        self.candidateWait = candidateWait
    }
}

/// One side of the experiment.
package enum Side: String, CaseIterable, Sendable {
    /// The legacy limiter in this instance's memory.
    case control
    /// The distributed limiter in Redis.
    case candidate
}

/// One side's decision with how long it took.
package struct Observation: Equatable, Sendable {
    package let decision: Decision
    /// From asking to answer, on a monotonic clock.
    package let duration: Duration

    package init(decision: Decision, duration: Duration) {
        self.decision = decision
        self.duration = duration
    }
}

/// Is notified of every decision. Implemented by the recorder, the rollback evaluator and the metrics.
///
/// Called on the request's path. An observer never blocks, suspends or fails: it counts, or puts into a bounded buffer.
package protocol DecisionObserver: Sendable {
    /// A caller got its answer.
    func answered(_ answer: Answer)

    /// The candidate was asked, in `hybrid` or `distributed_only`, and answered or failed to.
    func attempted(_ candidate: Observation)

    /// Both sides judged one request, in `hybrid`.
    func compared(_ comparison: Comparison)

    /// Only control judged a request in `hybrid`, since its identity is held out.
    func heldOut(_ request: CheckRequest, _ answer: Answer)
}

extension DecisionObserver {
    package func answered(_ answer: Answer) {}
    package func attempted(_ candidate: Observation) {}
    package func compared(_ comparison: Comparison) {}
    package func heldOut(_ request: CheckRequest, _ answer: Answer) {}
}
