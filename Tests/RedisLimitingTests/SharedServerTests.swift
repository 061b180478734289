import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Several deployments on one Redis: neither limits, resets nor probes of one reach another.
@Suite(.timeLimit(.minutes(1))) struct SharedServerTests {
    private static let identity = try! Identity(organization: "acme", identifier: "caller")
    private static let request = try! CheckRequest(
        identity: identity,
        policy: Policy(windows: [Window(name: "hour", limit: 1, durationMilliseconds: 3_600_000)]))

    private static func settings(_ redis: PrivateRedis, prefix: String = "", database: Int = 0) throws -> RedisSettings
    {
        var settings = redis.settings
        settings.url = try RedisURL("unix://\(redis.socketPath)?db=\(database)")
        settings.keyPrefix = prefix
        return settings
    }

    @Test("a prefix keeps the limits of two deployments apart, and every key begins with it")
    func prefix() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(try Self.settings(redis, prefix: "shop:")) { shop in
                try await withRedisLimiter(try Self.settings(redis)) { other in
                    #expect(await shop.check(Self.request, at: nil).isAllowed)
                    #expect(await other.check(Self.request, at: nil).isAllowed)
                    #expect(await !shop.check(Self.request, at: nil).isAllowed)
                    _ = try await other.reset(Self.identity, timeout: .seconds(30))
                    _ = await shop.probe(timeout: .seconds(30))
                    let keys = try await redis.ask("KEYS", "*")
                    guard case .array(let names) = keys else { return }
                    #expect(names.contains { $0.text == "shop:rate_limit:{acme:caller}" })
                    #expect(names.allSatisfy { $0.text?.hasPrefix("shop:") == true }, "\(names)")
                }
            }
        }
    }

    @Test(
        "a reset is heard by the deployment with the same prefix and database only",
        arguments: [("", 1), ("shop:", 0), ("shop:", 1)])
    func resets(_ prefix: String, _ database: Int) async throws {
        try await withPrivateRedis { redis in
            let settings = try Self.settings(redis, prefix: prefix, database: database)
            try await withRedisLimiter(try Self.settings(redis)) { production in
                try await withRedisLimiter(settings) { staging in
                    var heard = production.resets().makeAsyncIterator()
                    var heardInStaging = staging.resets().makeAsyncIterator()
                    let channels = [production, staging].map(\.settings.keyspace.resetsChannel)
                    for channel in channels {
                        try await redis.waitUntil("PUBSUB", "NUMSUB", channel) { reply in
                            reply == .array([.bulk(Array(channel.utf8)), .integer(1)])
                        }
                    }
                    let marker = try Identity(identifier: "marker")
                    _ = try await staging.reset(Self.identity, timeout: .seconds(30))
                    _ = try await production.reset(marker, timeout: .seconds(30))
                    // The first that production hears is its own.
                    #expect(await heard.next() == .identity(marker))
                    #expect(await heardInStaging.next() == .identity(Self.identity))
                }
            }
        }
    }

    @Test("the channel of database 0 without a prefix is that of every release so far")
    func channel() {
        #expect(RedisKeyspace().resetsChannel == "parallax:resets")
        #expect(RedisKeyspace(database: 3).resetsChannel == "parallax:resets:3")
        #expect(RedisKeyspace(prefix: "shop:", database: 3).resetsChannel == "shop:parallax:resets:3")
    }

    @Test(
        "a prefix with braces, blanks or characters of patterns is refused",
        arguments: ["{", "a}", "a b", "a*", "a?", "[a]", "a\\", "é", "a\n", String(repeating: "a", count: 65)])
    func badPrefix(_ prefix: String) {
        #expect(RedisKeyspace.problem(withPrefix: prefix) != nil)
    }

    @Test(
        "an announcement is read back as the reset that it was made of, under its own prefix only",
        arguments: [
            .identity(identity), .organization("acme"), .organization("a:b{c}*é"), .everything,
        ] as [ResetScope])
    func announcements(_ scope: ResetScope) {
        let keys = RedisKeyspace(prefix: "shop:")
        #expect(keys.scope(fromMessage: keys.message(for: scope)) == scope)
        #expect(RedisKeyspace().scope(fromMessage: keys.message(for: scope)) == nil)
        #expect(keys.scope(fromMessage: RedisKeyspace().message(for: scope)) == nil)
    }
}
