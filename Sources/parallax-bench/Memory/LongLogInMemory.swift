import Foundation
import ParallaxCore

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
