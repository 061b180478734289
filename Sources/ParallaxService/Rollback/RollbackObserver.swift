package import ParallaxCore
import Synchronization

/// Counts on the request's path what the rollback evaluator needs, for the driver to fetch once a second.
///
/// Each call adds one number under a lock that is held for nanoseconds: neither the evaluation nor the clock is on the
/// path. What is counted belongs to the second in which it is fetched.
package final class RollbackObserver: DecisionObserver {
    /// What happened since the last fetch.
    struct Counts: Equatable, Sendable {
        var attempts = AttemptTally()
        /// How long callers waited whom control alone judged.
        var controlOnly = LatencyHistogram()
        /// How long callers waited while the candidate was in play.
        var candidateInPlay = LatencyHistogram()
    }

    private let counts = Mutex(Counts())

    package init() {}

    package func attempted(_ candidate: Observation) {
        counts.withLock { $0.attempts.count(candidate.decision.outcome) }
    }

    /// Counts how long one caller waited for the door's whole answer.
    ///
    /// The door calls this, once a request; the limiter's own part of it, `answered(_:)`, is heeded nowhere, so that no
    /// wait counts twice.
    ///
    /// - Parameters:
    ///   - duration: From the request's arrival to its answer, on a clock that never steps.
    ///   - strategy: The strategy under which it was answered: in `legacy` it teaches the baseline.
    package func recordResponseTime(_ duration: Duration, strategy: Strategy) {
        counts.withLock { counts in
            switch strategy {
            case .legacy: counts.controlOnly.record(duration)
            case .hybrid, .distributedOnly: counts.candidateInPlay.record(duration)
            }
        }
    }

    /// Takes what was counted and starts at nothing.
    func fetch() -> Counts {
        counts.withLock { counts in
            let fetched = counts
            counts = Counts()
            return fetched
        }
    }
}
