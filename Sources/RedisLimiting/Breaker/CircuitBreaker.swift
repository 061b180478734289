import NIOCore

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
