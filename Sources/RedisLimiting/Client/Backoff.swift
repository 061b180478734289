/// Waits between attempts: doubled each time within bounds, and drawn at random from the upper half, so that many
/// instances do not come back at the same instant.
struct Backoff: Sendable {
    private let delays: ClosedRange<Duration>
    private var next: Duration
    private var attempts = 0

    init(delays: ClosedRange<Duration>) {
        self.delays = delays
        next = delays.lowerBound
    }

    /// The wait before the next attempt.
    mutating func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        attempts += 1
        defer { next = min(next * 2, delays.upperBound) }
        return next * Double.random(in: 0.5...1, using: &generator)
    }

    /// The wait before the attempt that follows a connection that has served; `nil` if it may follow at once.
    ///
    /// A server that serves and closes, again and again, is waited for like one that does not serve.
    ///
    /// - Parameter lasted: How long that connection lasted.
    mutating func delay(
        afterServing lasted: Duration, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        if lasted >= delays.upperBound { reset() }
        let wait = delay(using: &generator)
        return attempts == 1 ? nil : wait
    }

    mutating func reset() {
        next = delays.lowerBound
        attempts = 0
    }
}
