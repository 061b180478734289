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
