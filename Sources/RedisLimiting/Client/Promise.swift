import Synchronization

/// A promise: a value that comes later, once. The first value wins; later ones are dropped.
final class Promise<Value: Sendable>: Sendable {
    private enum State {
        case pending
        case awaited(CheckedContinuation<Value, Never>)
        case settled(Value)
    }

    private let state = Mutex(State.pending)

    /// Suspends until the value is there. One at a time may wait.
    ///
    /// - Parameter start: Begins the work; not called if the value is there already.
    func value(start: () -> Void = {}) async -> Value {
        await withCheckedContinuation { continuation in
            let settled: Value? = state.withLock { state in
                switch state {
                case .pending:
                    state = .awaited(continuation)
                    return nil
                case .awaited:
                    preconditionFailure("two wait for a value that is meant for one")
                case .settled(let value):
                    return value
                }
            }
            if let settled { continuation.resume(returning: settled) } else { start() }
        }
    }

    /// Gives the value, unless there was one before.
    ///
    /// - Returns: Whether there was none.
    @discardableResult
    func settle(_ value: Value) -> Bool {
        let (isFirst, waiting): (Bool, CheckedContinuation<Value, Never>?) = state.withLock { state in
            switch state {
            case .pending:
                state = .settled(value)
                return (true, nil)
            case .awaited(let continuation):
                state = .settled(value)
                return (true, continuation)
            case .settled:
                return (false, nil)
            }
        }
        waiting?.resume(returning: value)
        return isFirst
    }

    var isSettled: Bool {
        state.withLock { state in
            if case .settled = state { true } else { false }
        }
    }

    /// The value, if it is there already.
    var settledValue: Value? {
        state.withLock { state in
            if case .settled(let value) = state { value } else { nil }
        }
    }
}

extension Promise: Equatable {
    static func == (left: Promise, right: Promise) -> Bool { left === right }
}

/// One caller who waits for one reply: settled by the reply, the deadline, or the caller giving up.
typealias PendingCall = Promise<Result<RedisReply, RedisError>>
