/// When to stop asking Redis, and when to begin again.
package struct BreakerSettings: Equatable, Sendable {
    /// Failures in a row that open the breaker, 1 or more.
    package var failuresToOpen: Int
    /// Good probes in a row that close it, 1 or more.
    package var probesToClose: Int
    /// The time between probes while it is open.
    package var probeInterval: Duration

    package init(failuresToOpen: Int = 5, probesToClose: Int = 3, probeInterval: Duration = .seconds(1)) {
        precondition(failuresToOpen >= 1 && probesToClose >= 1, "a breaker needs at least one failure and one probe")
        self.failuresToOpen = failuresToOpen
        self.probesToClose = probesToClose
        self.probeInterval = probeInterval
    }
}
