import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// A server that is killed, not there, or was never asked.
@Suite(.timeLimit(.minutes(1))) struct ServerAwayTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    @Test("a killed server is told at once, then not asked, and used again when it is back")
    func killedAndBack() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                await redis.kill()
                var outcomes: [Decision] = []
                while outcomes.last != .unavailable(.circuitOpen) {
                    outcomes.append(await limiter.check(Self.request, at: nil))
                    await Task.yield()
                }
                // Five failures open the breaker; none of them waits for the deadline of five seconds.
                #expect(outcomes.dropLast() == Array(repeating: .unavailable(.disconnected), count: 5)[...])
                #expect(limiter.health.breaker != .closed)
                #expect(limiter.health.lastError?.code == .disconnected)
                try await redis.restart()
                while limiter.health.breaker != .closed { await Task.yield() }
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                #expect(limiter.health.reconnects > 0)
                #expect(limiter.health.isHealthy)
            }
        }
    }

    @Test("where nothing listens, a caller is told at once")
    func nothingListens() async throws {
        let settings = RedisSettings(
            url: RedisURL(endpoint: .unixSocket(path: "/nonexistent/redis.sock")), decisionTimeout: .seconds(60))
        try await withRedisLimiter(settings) { limiter in
            #expect(await limiter.check(Self.request, at: nil) == .unavailable(.disconnected))
            guard case .failure(let error) = await limiter.probe() else {
                Issue.record("a probe of nothing succeeded")
                return
            }
            #expect(error.code == .disconnected)
        }
    }

    @Test("a limiter that was never run answers at the deadline")
    func neverRun() async throws {
        let settings = RedisSettings(decisionTimeout: .milliseconds(10))
        let limiter = try RedisLimiter(settings: settings, logger: .silent)
        #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut))
    }
}
