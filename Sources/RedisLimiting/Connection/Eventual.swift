import Synchronization

/// A value that comes later, once, for one who waits. Whoever settles it first wins; later values are dropped.
final class Eventual<Value: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Value, Never>)
        /// Settled before anybody waited.
        case early(Value)
        case settled
    }

    private let state = Mutex(State.new)

    /// Suspends until the value is there. Waiting twice is a mistake.
    ///
    /// - Parameter start: Begins the work; not called where the value was there before.
    func value(start: () -> Void = {}) async -> Value {
        await withCheckedContinuation { continuation in
            let early: Value? = state.withLock { state in
                guard case .early(let value) = state else {
                    state = .waiting(continuation)
                    return nil
                }
                state = .settled
                return value
            }
            if let early { continuation.resume(returning: early) } else { start() }
        }
    }

    /// Gives the value, unless there was one before.
    func settle(_ value: Value) {
        let waiting: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .new:
                state = .early(value)
                return nil
            case .waiting(let continuation):
                state = .settled
                return continuation
            case .early, .settled:
                return nil
            }
        }
        waiting?.resume(returning: value)
    }

    var isSettled: Bool {
        state.withLock { state in
            switch state {
            case .new, .waiting: false
            case .early, .settled: true
            }
        }
    }
}

extension Eventual: Equatable {
    static func == (left: Eventual, right: Eventual) -> Bool { left === right }
}

/// One caller who waits for one reply: settled by the reply, the deadline, or the caller giving up.
typealias PendingCall = Eventual<Result<RedisReply, RedisError>>
