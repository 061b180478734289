import NIOCore

/// When to look at the topology next: from time to time, and soon after something went wrong, but not ever faster. A value.
struct RefreshSchedule: Sendable {
    /// When the next look is due.
    private(set) var due: NIODeadline
    /// Looks are never closer together than until here.
    private var earliest: NIODeadline
    private var isWanted = false
    private var backoff: Backoff
    private let interval: TimeAmount

    /// Makes a schedule whose first look is due at once.
    ///
    /// - Parameters:
    ///   - interval: The time between looks while nothing is wrong.
    ///   - delays: The time between looks while something is: doubled from the shortest to the longest.
    init(interval: Duration, delays: ClosedRange<Duration>, now: NIODeadline) {
        self.interval = TimeAmount(interval)
        backoff = Backoff(delays: delays)
        due = now
        earliest = now
    }

    /// Something happened that a look may explain.
    mutating func want() {
        isWanted = true
        due = min(due, earliest)
    }

    /// A look begins; what happens from now on it may not see.
    ///
    /// - Returns: Whether anyone had wanted it.
    mutating func began() -> Bool {
        defer { isWanted = false }
        return isWanted
    }

    /// A look has ended.
    ///
    /// - Parameters:
    ///   - isSettled: Whether all is well, so that the next look has time.
    ///   - wasWanted: What ``began()`` said.
    mutating func ended(
        isSettled: Bool, wasWanted: Bool, now: NIODeadline, using generator: inout some RandomNumberGenerator
    ) {
        if isSettled, !wasWanted { backoff.reset() }
        earliest = now + TimeAmount(backoff.delay(using: &generator))
        due = isSettled && !isWanted ? max(now + interval, earliest) : earliest
    }
}
