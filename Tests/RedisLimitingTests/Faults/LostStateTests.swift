import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// A server that goes on and has forgotten: the script, or everything.
@Suite(.timeLimit(.minutes(1))) struct LostStateTests {
    private static func request(_ identifier: String) -> CheckRequest {
        let windows = [Window(name: "hour", limit: 5, durationMilliseconds: 3_600_000)]
        return try! CheckRequest(identity: Identity(identifier: identifier), policy: Policy(windows: windows))
    }

    @Test("a script that was flushed is loaded again by the decision that misses it, and no unit is lost")
    func scriptFlush() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request("caller"), at: nil).isAllowed)
                try await redis.ask("SCRIPT", "FLUSH")
                let decisions = await ask(10) { _ in await limiter.check(Self.request("caller"), at: nil) }
                #expect(decisions.count { $0.isAllowed } == 4)
                #expect(decisions.count { $0.outcome == .limited(by: "hour") } == 6)
                #expect(limiter.health.failed == 0)
            }
        }
    }

    @Test("a flush of everything shows as lost writes, in each identity that had been at its limit")
    func flushAll() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let observer = CollectingObserver()
                let start = ContinuousClock.now
                let time = try #require(await limiter.check(Self.request("clock"), at: nil).judgedAt)
                let uptime: @Sendable () -> Duration = { start.duration(to: .now) }
                // The server's own time, so that no difference of clocks can be the cause.
                let clocks = Clocks(now: { time + Int64(uptime() / .milliseconds(1)) }, uptime: uptime)
                let hybrid = HybridLimiter(
                    control: InMemoryLimiter(), candidate: limiter, clocks: clocks,
                    flags: {
                        FlagValues(distributedEnabled: true, hybrid: true, failOpen: true, enforcementPercent: 0)
                    }, observer: observer)
                let callers = (0..<20).map { Self.request("caller \($0)") }
                for round in 1...5 {
                    for caller in callers { _ = await hybrid.check(caller) }
                    // Nothing keeps two candidate decisions of one caller in order where both are under way.
                    await observer.comparisons(reach: round * callers.count)
                }
                #expect(observer.comparisons.map(\.result).filter { $0 != .agreed } == [])
                try await redis.ask("FLUSHALL")
                for caller in callers { _ = await hybrid.check(caller) }
                await observer.comparisons(reach: 120)
                let later = observer.comparisons.dropFirst(100)
                #expect(later.map(\.result) == Array(repeating: .diverged(.newlyAllowed, .lostWrites), count: 20))
            }
        }
    }
}
