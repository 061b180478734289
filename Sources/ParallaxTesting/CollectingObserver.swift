package import ParallaxCore
import Synchronization

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
