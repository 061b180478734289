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

extension Comparison.Result {
    /// Compares two decisions about one request; a divergence is `unexplained` until its cause is looked for.
    package init(control: Decision, candidate: Decision, tolerances: ComparisonTolerances) {
        switch (control.outcome, candidate.outcome) {
        case (_, .unavailable(let reason)), (.unavailable(let reason), _):
            self = .incomparable(reason)
        case (.allowed, .limited):
            self = .diverged(.newlyLimited, .unexplained)
        case (.limited, .allowed):
            self = .diverged(.newlyAllowed, .unexplained)
        case (.limited(let one), .limited(let other)):
            self = one == other ? .agreed : .diverged(.differentWindow, .unexplained)
        case (.allowed, .allowed):
            let isDrift = Self.drift(control, candidate) > tolerances.quotaDriftUnits
            self = isDrift ? .diverged(.quotaDrift, .unexplained) : .agreed
        }
    }

    /// The largest difference in `remaining` of any window that both decisions have.
    private static func drift(_ control: Decision, _ candidate: Decision) -> Int {
        zip(control.windows, candidate.windows).reduce(0) { largest, pair in
            max(largest, abs(pair.0.remaining - pair.1.remaining))
        }
    }
}

/// How two verdicts differ, seen from the migration. The raw values are stored and shown: they never change.
package enum DivergenceKind: String, CaseIterable, Sendable {
    /// Control allowed, the candidate limits.
    case newlyLimited = "newly_limited"
    /// Control limits, the candidate allowed.
    case newlyAllowed = "newly_allowed"
    /// Both limit, by different windows.
    case differentWindow = "different_window"
    /// Both allowed, with `remaining` further apart than the tolerance. Counted, never stored one by one.
    case quotaDrift = "quota_drift"

    /// Those in which the caller gets another verdict.
    package static let changingVerdicts: [DivergenceKind] = [.newlyLimited, .newlyAllowed]

    /// Whether single divergences of this kind are kept next to the totals.
    package var isStoredOneByOne: Bool { self != .quotaDrift }
}

/// Why two verdicts differ: what would have to change for them to agree. The cases stand in the order in which they
/// are asked, and the first that fits is the cause. The raw values are stored and shown: they never change.
package enum DivergenceCause: String, CaseIterable, Sendable {
    /// The verdict flips if either side is judged a few milliseconds earlier or later.
    case boundary
    /// Redis holds fewer units than it has accepted, counting only this instance's.
    case lostWrites = "lost_writes"
    /// Without the units that Redis holds and this instance did not send, the sides agree.
    case otherInstances = "other_instances"
    /// Earlier in the window the two sides accepted different units: a follow-on of an earlier divergence.
    case carriedOver = "carried_over"
    /// Control's memory of this identity is younger than the window.
    case restart
    /// Control dropped this identity to stay within its bound.
    case eviction
    /// Redis's clock and this instance's differ by more than the tolerance, or one of them stepped. Asked first if a
    /// side found its newest unit ahead of its clock.
    case clockSkew = "clock_skew"
    /// Control does not use the sliding log.
    case algorithm
    /// The two sides were held to different policies.
    case policy
    /// None of these: what a reviewer looks at first.
    case unexplained
}

/// How far the two sides may be apart before it counts.
package struct ComparisonTolerances: Equatable, Sendable {
    /// How much earlier or later a side may be judged for a divergence to be only one of phase.
    package var boundaryMilliseconds: Int64
    /// How far Redis's clock may be from this instance's.
    package var clockSkewMilliseconds: Int64
    /// How far `remaining` may differ, in units, if both sides allowed.
    package var quotaDriftUnits: Int

    package init(boundaryMilliseconds: Int64 = 10, clockSkewMilliseconds: Int64 = 250, quotaDriftUnits: Int = 1) {
        self.boundaryMilliseconds = boundaryMilliseconds
        self.clockSkewMilliseconds = clockSkewMilliseconds
        self.quotaDriftUnits = quotaDriftUnits
    }
}
