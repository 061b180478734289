import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Commands that wait for an answer: how many there may be, and what happens to those of callers that give up.
@Suite(.timeLimit(.minutes(1))) struct PendingCommandsTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    @Test("more commands than may wait are skipped, and the breaker does not take that for an outage")
    func skips() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.maximumPendingCommands = 10
            try await withRedisLimiter(settings) { limiter in
                _ = await limiter.check(Self.request, at: nil)
                // The answer wakes its caller before its place is free.
                while limiter.health.pending > 0 { await Task.yield() }
                redis.pause()
                async let waiting = ask(10) { _ in await limiter.check(Self.request, at: nil) }
                while limiter.health.pending < 10 { await Task.yield() }
                for _ in 0..<20 { #expect(await limiter.check(Self.request, at: nil) == .unavailable(.skipped)) }
                #expect(limiter.health.breaker == .closed)
                redis.resume()
                #expect(await waiting.allSatisfy { $0.judgedAt != nil })
            }
        }
    }
}
