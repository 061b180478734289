/// What the instance knew, next to the two decisions, when it compared them.
package struct Evidence: Equatable, Sendable {
    /// For each window of the policy, the units that Redis has accepted from this instance and that were still in the
    /// window when the candidate judged, before this request's own; empty if it is not known.
    package var ownUnits: [Int]
    /// Units of each window that Redis accepted from this instance and certainly held no longer, whatever the order in
    /// which its answers came back.
    package var lostUnits: [Int]
    /// Units of each window that only control accepted from this instance, and that only the candidate accepted: where
    /// there are any, the sides had parted before.
    package var controlOnlyUnits: [Int]
    package var candidateOnlyUnits: [Int]
    /// What the candidate would have said on only this instance's units; `nil` if it is not known.
    package var ownOutcome: Decision.Outcome?
    /// What control would have said, had it accepted what the candidate accepted from here; `nil` if it is not known.
    package var ownOutcomeOfControl: Decision.Outcome?
    /// Units of each window that the sides may have judged in another order, as they came or left near this decision or
    /// were still under way; empty if it is not known.
    package var unitsInReach: [Int]
    /// Whether Redis was seen to hold units of the identity that this instance did not send, within the longest window.
    package var hasSeenOthers: Bool
    /// Since when the candidate was asked about every request of this instance.
    package var candidateAskedSince: Timestamp?
    /// How far Redis's clock is ahead of this instance's, in milliseconds; `nil` if it is not known.
    package var clockOffsetMilliseconds: Int64?
    /// Whether Redis's clock stepped while this instance watched it: one that is always as far off explains little.
    package var clockHasStepped = false
    /// Whether Redis's clock or this instance's stepped within the longest window: units are then placed at other times
    /// than those at which they came.
    package var clockHasSteppedLately = false
    /// Since when control remembers what it accepts: the start of the process.
    package var controlRemembersSince: Timestamp?
    /// When control last dropped this identity to stay within its bound.
    package var controlEvictedAt: Timestamp?
    /// How control counts.
    package var controlAlgorithm: LimiterAlgorithm
    /// The policy that control was held to, if it differs from the one the candidate was asked about.
    package var controlPolicyFingerprint: UInt64?

    package init(
        ownUnits: [Int] = [], lostUnits: [Int] = [], controlOnlyUnits: [Int] = [],
        candidateOnlyUnits: [Int] = [], ownOutcome: Decision.Outcome? = nil,
        ownOutcomeOfControl: Decision.Outcome? = nil, unitsInReach: [Int] = [], hasSeenOthers: Bool = false,
        candidateAskedSince: Timestamp? = nil, clockOffsetMilliseconds: Int64? = nil,
        controlRemembersSince: Timestamp? = nil, controlEvictedAt: Timestamp? = nil,
        controlAlgorithm: LimiterAlgorithm = .slidingLog, controlPolicyFingerprint: UInt64? = nil
    ) {
        self.ownUnits = ownUnits
        self.lostUnits = lostUnits
        self.controlOnlyUnits = controlOnlyUnits
        self.candidateOnlyUnits = candidateOnlyUnits
        self.ownOutcome = ownOutcome
        self.ownOutcomeOfControl = ownOutcomeOfControl
        self.unitsInReach = unitsInReach
        self.hasSeenOthers = hasSeenOthers
        self.candidateAskedSince = candidateAskedSince
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
        self.controlRemembersSince = controlRemembersSince
        self.controlEvictedAt = controlEvictedAt
        self.controlAlgorithm = controlAlgorithm
        self.controlPolicyFingerprint = controlPolicyFingerprint
    }
}
