import Dispatch
import Foundation
import ParallaxCore
import Simulation
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

/// The requests of a measurement in memory: identities in an order that the processor's caches cannot guess, unless it is
/// the order in which they came to the limiter: so they lie in memory, one next to the other.
struct MemoryWorkload: Sendable {
    /// When the first units are logged.
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
    /// Units that each identity has logged before accepted decisions are measured.
    static let unitsBeforeAccepting = 10
    /// Units that each identity has logged before refusals are measured: the minute's limit.
    static let unitsBeforeRefusing = 60

    /// One request for each identity.
    let requests: [CheckRequest]

    /// - Parameter seed: Two workloads of different seeds hold the same identities in different orders.
    init(identities: Int, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let numbers = Array(0..<identities).shuffled(using: &random)
        requests = numbers.map { number in
            // Names of this length are held without the heap, as those of most keys and addresses are.
            try! CheckRequest(identity: Identity(identifier: "client-\(number)"), policy: .defaultValue)
        }
    }

    /// Logs units for every identity in steps that each window allows.
    ///
    /// - Returns: When the last step was.
    func log(_ units: Int, in limiter: InMemoryLimiter) -> Timestamp {
        let step = Policy.defaultValue.smallestLimit
        var time = MemoryWorkload.start
        for logged in stride(from: 0, to: units, by: step) {
            // Two steps of ten fill the burst window of ten seconds.
            time = MemoryWorkload.start + Int64(logged / step * 5_000)
            for request in requests {
                let filling = try! CheckRequest(identity: request.identity, policy: request.policy, cost: step)
                _ = limiter.judge(filling, at: time)
            }
        }
        return time
    }

    /// Asks for one identity after the other, in a circle.
    ///
    /// - Parameter circleMilliseconds: How much time passes, for the limiter, in one circle.
    /// - Returns: How many were refused.
    func ask(_ count: Int, of limiter: InMemoryLimiter, from start: Timestamp, circleMilliseconds: Int) -> Int {
        var refused = 0
        var asked = 0
        var circleStart = start
        while asked < count {
            // Lent by the buffer: a copy of each request would be a part of what is timed.
            requests.withUnsafeBufferPointer { requests in
                for place in 0..<min(requests.count, count - asked) {
                    let now = circleStart + Int64(place * circleMilliseconds / requests.count)
                    if !limiter.judge(requests[place], at: now).isAllowed { refused += 1 }
                }
            }
            asked += requests.count
            circleStart = circleStart + Int64(circleMilliseconds)
        }
        return refused
    }
}

/// Decisions in memory about an identity with a million units: the slowest, and what one takes on the whole.
struct LongLogInMemory: Sendable {
    struct Timing: Equatable, Encodable, Sendable {
        /// The thread's processor time of the slowest decision: a log that is copied keeps its shard waiting.
        let slowestMilliseconds: Double
        let nanosecondsPerDecision: Double
    }

    private static let units = 1_000_000
    private static let hour: Int64 = 3_600_000

    let decisions: Int

    /// Fills the log, then asks for one unit after the other, as they leave.
    func measure() -> Timing {
        let limiter = InMemoryLimiter()
        let policy = try! Policy(windows: [
            Window(name: "second", limit: 1_000, durationMilliseconds: 1_000),
            Window(name: "hour", limit: Self.units, durationMilliseconds: Self.hour),
            Window(name: "half", limit: Self.units, durationMilliseconds: Self.hour / 2),
        ])
        let request = try! CheckRequest(identity: Identity(identifier: "busy"), policy: policy)
        func time(_ unit: Int) -> Timestamp { MemoryWorkload.start + Int64(unit) * Self.hour / Int64(Self.units) }
        for unit in 0..<Self.units { _ = limiter.judge(request, at: time(unit)) }
        var slowest: Int64 = 0
        let start = Self.processorTime()
        var last = start
        for unit in Self.units..<Self.units + decisions {
            _ = limiter.judge(request, at: time(unit))
            let now = Self.processorTime()
            slowest = max(slowest, now - last)
            last = now
        }
        return Timing(
            slowestMilliseconds: Double(slowest) / 1e6, nanosecondsPerDecision: Double(last - start) / Double(decisions)
        )
    }

    /// What this thread has used, in nanoseconds: others on the machine are left out.
    private static func processorTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
