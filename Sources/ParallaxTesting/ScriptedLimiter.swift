package import ParallaxCore
import Synchronization

/// A limiter that answers as a test says: at once, late, wrongly or never.
package struct ScriptedLimiter: Limiter {
    private let answer: @Sendable (CheckRequest) async -> Decision

    package init(_ answer: @escaping @Sendable (CheckRequest) async -> Decision) {
        self.answer = answer
    }

    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        await answer(request)
    }

    /// Cannot answer, for the given reason.
    package static func failing(_ reason: Unavailability) -> ScriptedLimiter {
        ScriptedLimiter { _ in .unavailable(reason) }
    }

    /// Never answers until its task is cancelled.
    package static let hanging = ScriptedLimiter { _ in
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        for await _ in stream {}
        continuation.finish()
        return .unavailable(.timedOut)
    }
}

/// A limiter in memory behind the asynchronous face of a distributed one: several instances can share it.
package struct SharedLimiter: Limiter {
    private let limiter: InMemoryLimiter
    private let clock: @Sendable () -> Timestamp

    package init(_ limiter: InMemoryLimiter = InMemoryLimiter(), clock: @escaping @Sendable () -> Timestamp) {
        self.limiter = limiter
        self.clock = clock
    }

    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        limiter.judge(request, at: now ?? clock())
    }
}

/// Keeps all that it is told, for a test to look at.
package final class CollectingObserver: DecisionObserver {
    private struct Heard {
        var answers: [Answer] = []
        var attempts: [Observation] = []
        var comparisons: [Comparison] = []
        var heldOut: [Answer] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let heard = Mutex(Heard())

    package init() {}

    package var answers: [Answer] { heard.withLock { $0.answers } }
    package var attempts: [Observation] { heard.withLock { $0.attempts } }
    package var comparisons: [Comparison] { heard.withLock { $0.comparisons } }
    package var heldOut: [Answer] { heard.withLock { $0.heldOut } }

    package func answered(_ answer: Answer) { heard.withLock { $0.answers.append(answer) } }

    package func attempted(_ candidate: Observation) { heard.withLock { $0.attempts.append(candidate) } }

    package func heldOut(_ request: CheckRequest, _ answer: Answer) { heard.withLock { $0.heldOut.append(answer) } }

    package func compared(_ comparison: Comparison) {
        let ready = heard.withLock { heard in
            heard.comparisons.append(comparison)
            let ready = heard.waiters.filter { $0.count <= heard.comparisons.count }
            heard.waiters.removeAll { $0.count <= heard.comparisons.count }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Returns once so many comparisons have been observed.
    package func comparisons(reach count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = heard.withLock { heard in
                guard heard.comparisons.count < count else { return true }
                heard.waiters.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}
