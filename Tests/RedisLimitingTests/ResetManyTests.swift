import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite(.timeLimit(.minutes(1))) struct ResetManyTests {
    private static let policy = try! Policy(windows: [
        Window(name: "hour", limit: 1, durationMilliseconds: 3_600_000)
    ])

    private static func request(_ organization: String, _ number: Int) throws -> CheckRequest {
        try CheckRequest(identity: Identity(organization: organization, identifier: "caller \(number)"), policy: policy)
    }

    /// Spends the one unit of many callers of two organizations.
    private static func spend(_ limiter: RedisLimiter, callers: Int) async throws {
        for organization in ["acme", "acme2"] {
            for number in 0..<callers {
                #expect(await limiter.check(try request(organization, number), at: nil).isAllowed)
            }
        }
    }

    private static func allowed(_ limiter: RedisLimiter, _ organization: String, callers: Int) async throws -> Int {
        var count = 0
        for number in 0..<callers where await limiter.check(try request(organization, number), at: nil).isAllowed {
            count += 1
        }
        return count
    }

    @Test("the identities of one organization are reset, and those of others, other keys and other prefixes stay")
    func organization() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.keyPrefix = "shop:"
            try await withRedisLimiter(settings) { limiter in
                try await Self.spend(limiter, callers: 1500)
                try await redis.ask("SET", "rate_limit:{acme:caller}", "another deployment's")
                try await redis.ask("SET", "filler", "1")
                var heard = limiter.resets().makeAsyncIterator()
                try await redis.waitUntil("PUBSUB", "CHANNELS") { $0 != .array([]) }
                #expect(try await limiter.reset(.organization("acme"), timeout: .seconds(30)) == 1500)
                #expect(await heard.next() == .organization("acme"))
                #expect(try await Self.allowed(limiter, "acme", callers: 1500) == 1500)
                #expect(try await Self.allowed(limiter, "acme2", callers: 1500) == 0)
                #expect(try await limiter.reset(.everything, timeout: .seconds(30)) == 3000)
                #expect(await heard.next() == .everything)
                #expect(try await redis.ask("EXISTS", "rate_limit:{acme:caller}", "filler") == .integer(2))
            }
        }
    }

    @Test("all masters of a cluster are cleared")
    func cluster() async throws {
        try await withPrivateCluster { cluster in
            try await withRedisLimiter(cluster.settings) { limiter in
                try await Self.spend(limiter, callers: 60)
                #expect(try await limiter.reset(.organization("acme"), timeout: .seconds(30)) == 60)
                #expect(try await Self.allowed(limiter, "acme", callers: 60) == 60)
                #expect(try await Self.allowed(limiter, "acme2", callers: 60) == 0)
            }
        }
    }

    @Test("kept refusals are forgotten with their organization")
    func refusals() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.refusalCacheIdentities = 100
            try await withRedisLimiter(settings) { limiter in
                let request = try Self.request("acme", 1)
                let refusals = try #require(limiter.refusals)
                try await until { refusals.health.isInUse }
                #expect(await limiter.check(request, at: nil).isAllowed)
                _ = await refusals.remembering(request) { await limiter.check(request, at: nil) }
                #expect(refusals.refusal(of: request) != nil)
                _ = try await limiter.reset(.organization("acme"), timeout: .seconds(30))
                #expect(refusals.refusal(of: request) == nil)
                // Those of another instance as well, when the announcement has come.
                #expect(await limiter.check(request, at: nil).isAllowed)
                _ = await refusals.remembering(request) { await limiter.check(request, at: nil) }
                #expect(refusals.refusal(of: request) != nil)
                try await withRedisLimiter(redis.settings) { other in
                    _ = try await other.reset(.organization("acme"), timeout: .seconds(30))
                    try await until { refusals.refusal(of: request) == nil }
                }
            }
        }
    }
}
