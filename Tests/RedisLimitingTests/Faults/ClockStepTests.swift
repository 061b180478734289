import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// A server whose own clock steps: limits hold by it, and no caller waits longer than a window lasts.
@Suite(
    .enabled(if: SteppingClock.isAvailable, "\(SteppingClock.remedy)"), .timeLimit(.minutes(1)))
struct ClockStepTests {
    private static let hour = 3_600_000
    private static let request = try! CheckRequest(
        identity: Identity(identifier: "caller"),
        policy: Policy(windows: [
            Window(name: "minute", limit: 3, durationMilliseconds: 60_000),
            Window(name: "hour", limit: 6, durationMilliseconds: Int64(hour)),
        ]))

    @Test(
        "a clock that was ahead for a moment holds a caller for one window, counted from the step back",
        arguments: [60 * 60, 2 * 60 * 60, 365 * 24 * 60 * 60])
    func aheadForAMoment(_ seconds: Int) async throws {
        try await withSteppingRedis { redis, clock in
            try await withRedisLimiter(redis.settings) { limiter in
                // 1. Ahead, the caller uses up a minute.
                try clock.set(secondsAhead: seconds)
                for _ in 0..<3 { #expect(await limiter.check(Self.request, at: nil).isAllowed) }
                // 2. Back, the units count as of now: nothing is forgotten, and nothing lasts longer.
                try clock.set(secondsAhead: 0)
                let held = await limiter.check(Self.request, at: nil)
                #expect(held.outcome == .limited(by: "minute"))
                #expect(held.retryAfterMilliseconds == 60_000)
                // 3. A minute later they have left it.
                try clock.set(secondsAhead: 60)
                for _ in 0..<3 { #expect(await limiter.check(Self.request, at: nil).isAllowed) }
                let full = await limiter.check(Self.request, at: nil)
                #expect(full.retryAfterMilliseconds <= Self.hour)
            }
        }
    }

    @Test("a clock that steps back for good, and forward again, holds a caller for one window")
    func backAndForward() async throws {
        try await withSteppingRedis { redis, clock in
            try await withRedisLimiter(redis.settings) { limiter in
                for _ in 0..<3 { #expect(await limiter.check(Self.request, at: nil).isAllowed) }
                // 1. Back for good.
                try clock.set(secondsAhead: -7_200)
                let held = await limiter.check(Self.request, at: nil)
                #expect(held.outcome == .limited(by: "minute"))
                #expect(held.retryAfterMilliseconds == 60_000)
                try clock.set(secondsAhead: -7_140)
                for _ in 0..<3 { #expect(await limiter.check(Self.request, at: nil).isAllowed) }
                // 2. Forward again: that is time that passed.
                try clock.set(secondsAhead: 0)
                for _ in 0..<3 { #expect(await limiter.check(Self.request, at: nil).isAllowed) }
            }
        }
    }
}
