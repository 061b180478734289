import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// The breaker between callers and a real server.
@Suite(.timeLimit(.minutes(1))) struct BreakerAgainstServerTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    /// How often the server ran the script, answered or refused.
    private static func evaluations(_ redis: PrivateRedis) async throws -> Int {
        let text = try #require(try await redis.ask("INFO", "commandstats").text)
        return text.matches(of: /cmdstat_eval(?:sha)?:calls=([0-9]+)/).reduce(0) { $0 + Int($1.output.1)! }
    }

    @Test("while it is open callers are answered without the server, which stands still and could not answer")
    func open() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.decisionTimeout = .milliseconds(5)
            settings.socketTimeout = .seconds(600)
            settings.breaker = BreakerSettings(failuresToOpen: 5, probesToClose: 3, probeInterval: .seconds(600))
            try await withRedisLimiter(settings) { limiter in
                _ = await limiter.check(Self.request, at: nil, deadline: .now() + .seconds(30))
                redis.pause()
                for _ in 0..<5 { #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut)) }
                #expect(limiter.health.breaker == .open)
                let pending = limiter.health.pending
                for _ in 0..<1000 {
                    let never = NIODeadline.now() + .hours(1)
                    let decision = await limiter.check(Self.request, at: nil, deadline: never)
                    #expect(decision == .unavailable(.circuitOpen))
                }
                #expect(limiter.health.pending == pending)
                redis.resume()
            }
        }
    }

    @Test("it probes with the script itself, and closes with the third good answer and not before")
    func probes() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                try await redis.ask("CONFIG", "SET", "maxmemory", "1")
                while limiter.health.breaker == .closed {
                    _ = await limiter.check(Self.request, at: nil)
                    await Task.yield()
                }
                try await redis.ask("CONFIG", "RESETSTAT")
                // No one asks any more but the probes.
                while try await Self.evaluations(redis) < 3 { await Task.yield() }
                #expect(limiter.health.breaker != .closed)
                let before = Self.goodAnswers(limiter)
                try await redis.ask("CONFIG", "SET", "maxmemory", "0")
                try await until { limiter.health.breaker == .closed }
                #expect(Self.goodAnswers(limiter) - before == 3)
            }
        }
    }

    private static func goodAnswers(_ limiter: RedisLimiter) -> Int {
        let health = limiter.health
        return health.answered - health.answeredWithError
    }
}
