import ParallaxCore
import Synchronization

/// Passes resets at any instance to all who listen in this process.
final class ResetRelay: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<ResetScope>.Continuation] = [:]
        var nextListener = 0
    }

    /// Resets a slow listener can fall behind; the oldest go first.
    private static let capacity = 1024

    private let state = Mutex(State())
    /// One element when the first listener comes.
    let starts: AsyncStream<Void>
    private let start: AsyncStream<Void>.Continuation

    init() {
        (starts, start) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// A new listener's resets, from now on.
    func listen() -> AsyncStream<ResetScope> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ResetScope.self, bufferingPolicy: .bufferingNewest(ResetRelay.capacity))
        let listener = state.withLock { state in
            defer { state.nextListener += 1 }
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: listener) }
        }
        start.yield()
        return stream
    }

    func pass(_ scope: ResetScope) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(scope) }
    }

    /// Ends every listener's stream.
    func finish() {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.finish() }
    }
}
