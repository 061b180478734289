/// Waits between attempts: doubled each time within bounds, and drawn at random from the upper half, so that many
/// instances do not come back at the same instant.
struct Backoff: Sendable {
    private let delays: ClosedRange<Duration>
    private var next: Duration

    init(delays: ClosedRange<Duration>) {
        self.delays = delays
        next = delays.lowerBound
    }

    /// The wait before the next attempt.
    mutating func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { next = min(next * 2, delays.upperBound) }
        return next * Double.random(in: 0.5...1, using: &generator)
    }

    mutating func reset() {
        next = delays.lowerBound
    }
}
