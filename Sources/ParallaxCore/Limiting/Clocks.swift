/// The two clocks that a decision needs, passed in so that time can be virtual.
package struct Clocks: Sendable {
    /// The time of day: what limits count by.
    package let now: @Sendable () -> Timestamp
    /// Time since some fixed instant, on a clock that never steps: what durations are measured by.
    package let uptime: @Sendable () -> Duration

    package init(now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Duration) {
        self.now = now
        self.uptime = uptime
    }

    /// Milliseconds by which a unit must be ahead of the time of a decision to prove that the clock stepped back.
    ///
    /// Decisions that overtake each other, and corrections by which a clock is set every day, stay far below it. The
    /// script in Redis has the same number.
    package static let stepMilliseconds: Int64 = 10_000
}
