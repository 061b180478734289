import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// A server that stands still: its connections stay, and nothing comes over them.
@Suite(.timeLimit(.minutes(1))) struct ServerPausedTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    @Test("a server that stands still is given up at the deadline, and its late answers disturb no caller")
    func paused() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.decisionTimeout = .milliseconds(30)
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil, deadline: .now() + .seconds(5)).isAllowed)
                redis.pause()
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut))
                redis.resume()
                let echo = RedisCommand("ECHO", "mine")
                let reply = try await limiter.client.send(echo, deadline: .now() + .seconds(5))
                #expect(reply.text == "mine")
            }
        }
    }

    @Test("a server that stands still beyond the socket time-out is left, and found again when it goes on")
    func pausedForLong() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.socketTimeout = .milliseconds(50)
            try await withRedisLimiter(settings) { limiter in
                while await !limiter.check(Self.request, at: nil).isAllowed { await Task.yield() }
                let before = limiter.health.reconnects
                redis.pause()
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut))
                redis.resume()
                while await !limiter.check(Self.request, at: nil).isAllowed { await Task.yield() }
                #expect(limiter.health.reconnects > before)
            }
        }
    }
}
