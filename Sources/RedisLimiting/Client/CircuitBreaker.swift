import NIOCore
import Synchronization

/// What a breaker does with the next request, as health shows it.
package enum BreakerState: String, CaseIterable, Sendable {
    /// Requests go through.
    case closed
    /// Requests are answered at once; the last probe was good.
    case halfOpen = "half_open"
    /// Requests are answered at once; probes have failed so far.
    case open
}

/// Stops asking a server that fails, so that no one waits for it (Nygard, Release It!, 2007: circuit breaker).
///
/// ```
/// closed --failures in a row--> open --good probe--> half-open --good probes in a row--> closed
///                                 ^-----bad probe-------'
/// ```
/// No request is ever used as a probe. A value: the time is an argument.
struct CircuitBreaker: Equatable, Sendable {
    private enum State: Equatable, Sendable {
        case closed(failuresInRow: Int)
        case open(goodProbesInRow: Int, nextProbe: NIODeadline)
    }

    enum Action: Equatable, Sendable {
        case none
        /// It has just opened: start to probe.
        case startProbing
        /// It has just closed.
        case closed
    }

    private let settings: BreakerSettings
    private var condition = State.closed(failuresInRow: 0)

    init(settings: BreakerSettings) {
        self.settings = settings
    }

    var state: BreakerState {
        switch condition {
        case .closed: .closed
        case .open(goodProbesInRow: 0, _): .open
        case .open: .halfOpen
        }
    }

    /// Whether a request may go through.
    var admits: Bool {
        if case .closed = condition { true } else { false }
    }

    /// When to probe next; `nil` while it is closed.
    var nextProbe: NIODeadline? {
        if case .open(_, let nextProbe) = condition { nextProbe } else { nil }
    }

    mutating func succeeded() {
        // The answer to a request from before it opened says nothing of now.
        guard case .closed(let failures) = condition, failures > 0 else { return }
        condition = .closed(failuresInRow: 0)
    }

    mutating func failed(now: NIODeadline) -> Action {
        guard case .closed(let failures) = condition else { return .none }
        guard failures + 1 >= settings.failuresToOpen else {
            condition = .closed(failuresInRow: failures + 1)
            return .none
        }
        condition = .open(goodProbesInRow: 0, nextProbe: now + TimeAmount(settings.probeInterval))
        return .startProbing
    }

    mutating func probed(succeeded: Bool, now: NIODeadline) -> Action {
        guard case .open(let good, _) = condition else { return .none }
        if succeeded, good + 1 >= settings.probesToClose {
            condition = .closed(failuresInRow: 0)
            return .closed
        }
        condition = .open(
            goodProbesInRow: succeeded ? good + 1 : 0, nextProbe: now + TimeAmount(settings.probeInterval))
        return .none
    }
}

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

/// Asks the breaker from many tasks, and wakes the one that probes when it opens.
final class BreakerDriver: Sendable {
    private let breaker: Mutex<CircuitBreaker>
    /// One element each time the breaker opens.
    let openings: AsyncStream<Void>
    private let opening: AsyncStream<Void>.Continuation

    init(settings: BreakerSettings) {
        breaker = Mutex(CircuitBreaker(settings: settings))
        (openings, opening) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var state: BreakerState { breaker.withLock { $0.state } }
    var admits: Bool { breaker.withLock { $0.admits } }
    var nextProbe: NIODeadline? { breaker.withLock { $0.nextProbe } }

    func succeeded() {
        breaker.withLock { $0.succeeded() }
    }

    /// Notes a failure, unless it says nothing about Redis or concerns one key only.
    func failed(_ error: RedisError) {
        switch error.code {
        case .skipped, .cancelled, .circuitOpen: return
        case .unauthorized where error.concernsKeys: return
        default: act(on: breaker.withLock { $0.failed(now: .now()) })
        }
    }

    /// Notes the outcome of a probe.
    ///
    /// - Returns: Whether the breaker has just closed.
    func probed(succeeded: Bool) -> Bool {
        breaker.withLock { $0.probed(succeeded: succeeded, now: .now()) } == .closed
    }

    private func act(on action: CircuitBreaker.Action) {
        if action == .startProbing { opening.yield() }
    }
}
