import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// A server that answers, but with a refusal: each is told apart, counts as Redis being away, and ends by itself.
@Suite(.timeLimit(.minutes(1))) struct RefusingServerTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    private static func expectRecovery(_ limiter: RedisLimiter) async throws {
        try await until { limiter.health.breaker == .closed }
        #expect(await limiter.check(request, at: nil).judgedAt != nil)
    }

    @Test("a full memory without eviction refuses writes, until there is room")
    func fullMemory() async throws {
        try await withPrivateRedis(arguments: ["--maxmemory-policy", "noeviction"]) { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                try await redis.ask("CONFIG", "SET", "maxmemory", "1")
                for _ in 0..<5 { #expect(await limiter.check(Self.request, at: nil) == .unavailable(.readOnly)) }
                #expect(limiter.health.lastError?.cause?.hasPrefix("OOM") == true)
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.circuitOpen))
                try await redis.ask("CONFIG", "SET", "maxmemory", "0")
                try await Self.expectRecovery(limiter)
            }
        }
    }

    @Test("a server that loads its data says so, and decides once it has, by what it had saved")
    func loading() async throws {
        // Ten milliseconds for each key, and a look at the connections after each KB.
        let slowly = [
            "--enable-debug-command", "yes", "--key-load-delay", "10000", "--loading-process-events-interval-bytes",
            "1024",
        ]
        try await withPrivateRedis(arguments: slowly) { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                try await redis.ask("DEBUG", "POPULATE", "1000", "filler", "100")
                try await redis.ask("SAVE")
                await redis.kill()
                try await redis.restartLoading()
                while limiter.health.lastError?.code != .loading {
                    _ = await limiter.check(Self.request, at: nil)
                    await Task.yield()
                }
                try await redis.ask("CONFIG", "SET", "key-load-delay", "0")
                var decision = await limiter.check(Self.request, at: nil)
                while decision.judgedAt == nil {
                    await Task.yield()
                    decision = await limiter.check(Self.request, at: nil)
                }
                try await Self.expectRecovery(limiter)
                #expect(decision.windows.first { $0.window.name == "hour" }.map { $0.used >= 2 } == true)
            }
        }
    }

    @Test("a primary that has become a replica refuses writes, until it is a primary again")
    func replica() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                try await redis.ask("REPLICAOF", "127.0.0.1", "1")
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.readOnly))
                while limiter.health.breaker == .closed {
                    _ = await limiter.check(Self.request, at: nil)
                    await Task.yield()
                }
                try await redis.ask("REPLICAOF", "NO", "ONE")
                try await Self.expectRecovery(limiter)
            }
        }
    }

    @Test(
        "a password that is changed under way is missed with the next connection, and found good when it is put right")
    func password() async throws {
        try await withPrivateRedis(password: "first") { redis in
            var settings = redis.settings
            settings.breaker.failuresToOpen = .max
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                let inside = RedisCommand("CONFIG", "SET", "requirepass", "second")
                _ = try await limiter.client.send(inside, deadline: .now() + .seconds(30))
                // Who is in stays in.
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                _ = try? await limiter.client.send(
                    RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"), deadline: .now() + .seconds(30))
                while await limiter.check(Self.request, at: nil) != .unavailable(.unauthorized) { await Task.yield() }
                let other = try #require(limiter.health.lastError)
                #expect(other.code == .unauthorized && !other.description.contains("first"))
            }
        }
        try await withPrivateRedis(password: "second") { redis in
            var settings = redis.settings
            settings.url = try RedisURL("unix://:first@\(redis.socketPath)")
            settings.breaker.failuresToOpen = .max
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.unauthorized))
                try await redis.ask("CONFIG", "SET", "requirepass", "first")
                while await !limiter.check(Self.request, at: nil).isAllowed { await Task.yield() }
            }
        }
    }
}
