import Dispatch
import ParallaxCore
import Synchronization

/// Decisions of the limiter in memory, timed in this process.
struct MemoryBenchmark: Sendable {
    /// What is measured, in the order of a round.
    enum Measurement: String, CaseIterable, Encodable, Sendable {
        case accepting
        case refusing
        /// Two threads on one limiter, each through all identities in an order of its own.
        case acceptingOnTwoThreads
        /// Asked for in the order in which the identities came, which spares the processor most of the waiting for memory.
        case acceptingAsTheyCame
        case refusingAsTheyCame

        var threads: Int { self == .acceptingOnTwoThreads ? 2 : 1 }
        var isRefusing: Bool { self == .refusing || self == .refusingAsTheyCame }
        var isAsTheyCame: Bool { self == .acceptingAsTheyCame || self == .refusingAsTheyCame }
    }

    /// One measurement's outcome.
    struct Timing: Equatable, Encodable, Sendable {
        let measurement: Measurement
        /// From the first decision to the last, divided by the decisions of all threads together.
        let nanosecondsPerDecision: Double
        /// The share of decisions that were refused.
        let refusedShare: Double
    }

    /// What passes for the limiter while every identity is asked once: a second keeps every window open.
    private static let acceptingCircleMilliseconds = 1_000

    let decisions: Int
    /// The order in which the identities come to the limiter.
    private let arrivals: MemoryWorkload
    /// Another order for each thread, as callers of a service that has run for a while have.
    private let workloads: [MemoryWorkload]

    /// - Parameter decisions: How many each thread asks for.
    init(identities: Int, decisions: Int) {
        self.decisions = decisions
        arrivals = MemoryWorkload(identities: identities, seed: 0)
        workloads = (1...2).map { MemoryWorkload(identities: identities, seed: $0) }
    }

    /// Measures on a limiter of its own, filled beforehand.
    func measure(_ measurement: Measurement) -> Timing {
        let limiter = InMemoryLimiter()
        let units =
            measurement.isRefusing ? MemoryWorkload.unitsBeforeRefusing : MemoryWorkload.unitsBeforeAccepting
        let filled = arrivals.log(units, in: limiter)
        // Refusals: no unit leaves the minute while they are measured.
        let circle =
            measurement.isRefusing ? 1 : MemoryBenchmark.acceptingCircleMilliseconds * measurement.threads
        let refused = Mutex(0)
        let elapsed = ContinuousClock().measure {
            DispatchQueue.concurrentPerform(iterations: measurement.threads) { thread in
                let workload = measurement.isAsTheyCame ? arrivals : workloads[thread]
                let count = workload.ask(
                    decisions, of: limiter, from: filled + 1_000, circleMilliseconds: circle)
                refused.withLock { $0 += count }
            }
        }
        let all = Double(decisions * measurement.threads)
        return Timing(
            measurement: measurement, nanosecondsPerDecision: elapsed / .nanoseconds(1) / all,
            refusedShare: Double(refused.withLock { $0 }) / all)
    }
}
