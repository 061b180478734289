/// The two observations of one request, and what came of comparing them.
package struct Comparison: Equatable, Sendable {
    package enum Result: Equatable, Sendable {
        case agreed
        case diverged(DivergenceKind, DivergenceCause)
        /// The candidate gave no verdict: never a divergence, always counted by reason.
        case incomparable(Unavailability)
    }

    package let identity: Identity
    /// Units asked for.
    package let cost: Int
    /// The instance's time of the request.
    package let time: Timestamp
    /// The policy both sides were asked about.
    package let policyFingerprint: UInt64
    package let control: Observation
    package let candidate: Observation
    /// The side whose verdict the caller got.
    package let enforced: Side
    package let result: Result
    /// What the cause was found from.
    package let evidence: Evidence
    /// Whether a second control, asked when the candidate had answered, agreed with control; `nil` if there is none.
    package let secondControlAgreed: Bool?

    package init(
        identity: Identity, cost: Int, time: Timestamp, policyFingerprint: UInt64, control: Observation,
        candidate: Observation, enforced: Side, result: Result, evidence: Evidence, secondControlAgreed: Bool? = nil
    ) {
        self.identity = identity
        self.cost = cost
        self.time = time
        self.policyFingerprint = policyFingerprint
        self.control = control
        self.candidate = candidate
        self.enforced = enforced
        self.result = result
        self.evidence = evidence
        self.secondControlAgreed = secondControlAgreed
    }
}
