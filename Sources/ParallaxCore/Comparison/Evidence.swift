/// What the instance knew, beside the two decisions, when it compared them.
package struct Evidence: Equatable, Sendable {
    /// For each window of the policy, the units that Redis has accepted from this instance and that were still in the
    /// window when the candidate judged, before this request's own; empty where it is not known.
    package var ownUnits: [Int]
    /// Those of them that Redis must hold, whatever the order in which its answers came back.
    package var certainOwnUnits: [Int]
    /// How far Redis's clock is ahead of this instance's, in milliseconds; `nil` where it is not known.
    package var clockOffsetMilliseconds: Int64?
    /// Since when control remembers what it accepts: the start of the process.
    package var controlRemembersSince: Timestamp?
    /// When control last dropped this identity to stay within its bound.
    package var controlEvictedAt: Timestamp?
    /// How control counts.
    package var controlAlgorithm: LimiterAlgorithm
    /// The policy that control was held to, where it differs from the one the candidate was asked about.
    package var controlPolicyFingerprint: UInt64?

    package init(
        ownUnits: [Int] = [], certainOwnUnits: [Int]? = nil, clockOffsetMilliseconds: Int64? = nil,
        controlRemembersSince: Timestamp? = nil,
        controlEvictedAt: Timestamp? = nil, controlAlgorithm: LimiterAlgorithm = .slidingLog,
        controlPolicyFingerprint: UInt64? = nil
    ) {
        self.ownUnits = ownUnits
        self.certainOwnUnits = certainOwnUnits ?? ownUnits
        self.clockOffsetMilliseconds = clockOffsetMilliseconds
        self.controlRemembersSince = controlRemembersSince
        self.controlEvictedAt = controlEvictedAt
        self.controlAlgorithm = controlAlgorithm
        self.controlPolicyFingerprint = controlPolicyFingerprint
    }
}
