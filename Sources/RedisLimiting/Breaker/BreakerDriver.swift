import NIOCore
import Synchronization

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
