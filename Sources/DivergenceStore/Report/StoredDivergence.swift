package import ParallaxCore

/// One divergence as it was kept.
package struct StoredDivergence: Equatable, Sendable {
    /// What one side said.
    package struct Verdict: Equatable, Sendable {
        /// One window after the decision.
        package struct Use: Equatable, Sendable {
            package let window: Window
            package let used: Int

            package init(window: Window, used: Int) {
                self.window = window
                self.used = used
            }
        }

        /// The window that limited; `nil` if the request was allowed.
        package let limitedBy: String?
        /// Every window of the policy, in its order.
        package let windows: [Use]
        package let retryAfterMilliseconds: Int64
        /// On the side's own clock.
        package let judgedAt: Timestamp?
        package let durationMicroseconds: Int64

        package var isAllowed: Bool { limitedBy == nil }
    }

    /// Unique in one database, growing with the order of writing.
    package let id: Int64
    /// The name of the instance that compared.
    package let instance: String
    package let time: Timestamp
    package let organization: String
    package let identifier: String
    package let cost: Int
    package let kind: DivergenceKind
    package let cause: DivergenceCause
    package let enforced: Side
    package let policyFingerprint: UInt64
    package let control: Verdict
    package let candidate: Verdict
    package let evidence: Evidence
}
