package import ParallaxCore
import Synchronization

/// Counts on the request's path what the rollback evaluator needs, for the driver to fetch once a second.
///
/// An answer that no one waited for the candidate for costs one atomic addition, and no lock. Neither the evaluation
/// nor the clock is on the path: what is counted belongs to the second in which it is fetched.
package final class RollbackObserver: DecisionObserver {
    /// What happened since the last fetch.
    struct Counts: Equatable, Sendable {
        var attempts = AttemptTally()
        /// Why those that failed did.
        var failures = FailureTally()
        /// How long the service's callers waited.
        var service = ResponseTimes()
        /// How long applications say that theirs did.
        var application = ResponseTimes()
    }

    private let decided = Atomic<Int>(0)
    private let errors = Atomic<Int>(0)
    private let outages = Atomic<Int>(0)
    private let failures = FailureCounters()
    private let service = ResponseTimeCounters()
    private let application = ResponseTimeCounters()
    /// Of the service's answers that a caller waited for the candidate for. Histograms that must agree, so a lock:
    /// a request that takes it has waited for Redis a thousand times longer.
    private let waited = Mutex(AnsweredTimes())

    package init() {}

    package func attempted(_ candidate: Observation) {
        var tally = AttemptTally()
        tally.count(candidate.decision.outcome)
        if tally.decided > 0 { decided.wrappingAdd(1, ordering: .relaxed) }
        if tally.errors > 0 { errors.wrappingAdd(1, ordering: .relaxed) }
        if tally.outages > 0 { outages.wrappingAdd(1, ordering: .relaxed) }
        if case .unavailable(let reason) = candidate.decision.outcome, reason != .skipped { failures.count(reason) }
    }

    /// Counts how long one caller waited for the service's whole answer.
    ///
    /// The service calls this, once a request; the limiter's own part of it, `answered(_:)`, is followed nowhere, so
    /// that no wait counts twice.
    ///
    /// - Parameters:
    ///   - duration: From the request's arrival to its answer, on a monotonic clock.
    ///   - strategy: The strategy under which it was answered: in `legacy` it teaches the baseline.
    ///   - isHeldOut: Whether only control judged in hybrid.
    ///   - candidateWait: How much of it was waiting for the candidate.
    package func recordResponseTime(
        _ duration: Duration, strategy: Strategy, isHeldOut: Bool = false, candidateWait: Duration = .zero
    ) {
        guard candidateWait > .zero else {
            return service.record(duration, strategy: strategy, isHeldOut: isHeldOut)
        }
        waited.withLock { $0.record(duration, wait: candidateWait) }
    }

    /// Counts how long an application's caller waited for the application's whole answer.
    ///
    /// - Parameters:
    ///   - strategy: The strategy in force: in `legacy` it teaches the baseline.
    ///   - isHeldOut: Whether only control judges the caller in hybrid.
    package func recordApplicationTime(_ duration: Duration, strategy: Strategy, isHeldOut: Bool) {
        application.record(duration, strategy: strategy, isHeldOut: isHeldOut)
    }

    /// Takes what was counted and starts at nothing.
    func fetch() -> Counts {
        var counts = Counts()
        counts.attempts = AttemptTally(
            decided: decided.exchange(0, ordering: .relaxed), errors: errors.exchange(0, ordering: .relaxed),
            outages: outages.exchange(0, ordering: .relaxed))
        counts.failures = failures.take()
        let (unwaited, reported) = (service.take(), application.take())
        counts.service.legacy = unwaited.legacy
        counts.service.heldOut = unwaited.heldOut
        counts.service.inPlay = waited.withLock { waited in
            let fetched = waited
            waited = AnsweredTimes()
            return fetched
        }
        counts.service.inPlay.add(unwaited: unwaited.inPlay)
        counts.application.legacy = reported.legacy
        counts.application.heldOut = reported.heldOut
        counts.application.inPlay.times = reported.inPlay
        return counts
    }
}

extension RollbackObserver {
    /// Counts response times of one source by who judged the requests, without a lock.
    struct ResponseTimeCounters: Sendable {
        private let legacy = LatencyCounters()
        private let heldOut = LatencyCounters()
        private let inPlay = LatencyCounters()

        /// - Parameter isHeldOut: Whether only control judged in hybrid; of no meaning in another strategy.
        func record(_ duration: Duration, strategy: Strategy, isHeldOut: Bool) {
            switch strategy {
            case .legacy: legacy.record(duration)
            case .hybrid: isHeldOut ? heldOut.record(duration) : inPlay.record(duration)
            case .distributedOnly: inPlay.record(duration)
            }
        }

        func take() -> (legacy: LatencyHistogram, heldOut: LatencyHistogram, inPlay: LatencyHistogram) {
            (legacy.take(), heldOut.take(), inPlay.take())
        }
    }
}
