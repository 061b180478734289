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
