import NIOCore

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

/// When to leave connections that are open and of no use, so that the address is resolved again. A value.
///
/// An address may lead to another server than the one at the other end: after a failover its name, its virtual address or the
/// service behind it has moved, and the TCP connections to the demoted primary stay.
struct RenewalSchedule: Equatable, Sendable {
    /// Probes in a row without an answer on an open connection.
    static let silentProbes = 3

    private let delays: ClosedRange<Duration>
    private var wait: Duration
    /// Not before this; `nil` before the first renewal.
    private var next: NIODeadline?
    private var probesWithoutAnswer = 0

    init(delays: ClosedRange<Duration>) {
        self.delays = delays
        wait = delays.lowerBound
    }

    /// Notes a decision that failed.
    ///
    /// - Returns: Whether to leave the connections.
    mutating func decisionFailed(_ error: RedisError, now: NIODeadline) -> Bool {
        error.isFromSupersededServer && isDue(now: now)
    }

    /// Notes a probe that failed.
    ///
    /// - Returns: Whether to leave the connections.
    mutating func probeFailed(_ error: RedisError, now: NIODeadline) -> Bool {
        guard error.code == .timedOut else {
            probesWithoutAnswer = 0
            return decisionFailed(error, now: now)
        }
        probesWithoutAnswer += 1
        return probesWithoutAnswer >= RenewalSchedule.silentProbes && isDue(now: now)
    }

    mutating func probeSucceeded() {
        probesWithoutAnswer = 0
    }

    /// No sooner than the last wait after the last renewal; the wait doubles while they follow each other.
    private mutating func isDue(now: NIODeadline) -> Bool {
        if let next {
            guard now >= next else { return false }
            if now >= next + TimeAmount(delays.upperBound) { wait = delays.lowerBound }
        }
        probesWithoutAnswer = 0
        next = now + TimeAmount(wait)
        wait = min(wait * 2, delays.upperBound)
        return true
    }
}
