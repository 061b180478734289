import Logging
import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// A key of the limiter that holds what no release of it wrote: only that identity is concerned, and it heals itself.
@Suite(.timeLimit(.minutes(1))) struct ForeignValueTests {
    private static let request = try! CheckRequest(
        identity: Identity(organization: "acme", identifier: "bad"), policy: .defaultValue)
    private static let other = try! CheckRequest(identity: Identity(identifier: "other"), policy: .defaultValue)
    private static let key = RedisKey.text(for: request.identity)
    private static let foreign: [[String]] = [
        ["SET", key, "5"], ["SET", key, "twelve bytes"], ["SET", key, "text of 16 bytes"],
        ["SET", key, String(repeating: "text", count: 403)], ["SET", key, "\u{7f}xxxxxxxxxxxxxxx"],
        ["LPUSH", key, "x"], ["HSET", key, "field", "value"], ["ZADD", key, "1", "member"], ["SADD", key, "member"],
        ["XADD", key, "*", "field", "value"],
    ]

    private static func command(_ words: [String]) -> RedisCommand {
        var command = RedisCommand()
        for word in words { command.append(word) }
        return command
    }

    @Test("it is replaced, counted and logged, and the decision is that of an empty log", arguments: foreign)
    func replaced(_ words: [String]) async throws {
        let log = LoggedMessages()
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings, logger: log.logger) { limiter in
                _ = try await limiter.client.send(Self.command(words), deadline: .now() + .seconds(30))
                let first = await limiter.check(Self.request, at: nil)
                #expect(first.isAllowed && first.windows.allSatisfy { $0.used == 1 })
                #expect(await limiter.check(Self.request, at: nil).windows.allSatisfy { $0.used == 2 })
                #expect(limiter.health.replacedForeignValues == 1)
                #expect(limiter.health.undecided == 0)
                #expect(log.messages(.warning).count == 1)
                #expect(log.text.contains(Self.key))
                guard case .integer(let left) = try await redis.ask("PTTL", Self.key) else { return }
                #expect(left > 0)
            }
        }
    }

    @Test("a look at it consumes nothing and replaces nothing")
    func looked() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                try await redis.ask("LPUSH", Self.key, "x")
                let look = try CheckRequest(identity: Self.request.identity, policy: .defaultValue, cost: 0)
                #expect(await limiter.check(look, at: nil).windows.allSatisfy { $0.used == 0 })
                #expect(try await redis.ask("TYPE", Self.key) == .status("list"))
                #expect(limiter.health.replacedForeignValues == 0)
            }
        }
    }

    @Test("a program that writes it again and again opens no breaker, fails no decision and fills no log")
    func persistent() async throws {
        let log = LoggedMessages()
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.breaker.failuresToOpen = 1
            try await withRedisLimiter(settings, logger: log.logger) { limiter in
                for _ in 0..<50 {
                    _ = try await limiter.client.send(
                        Self.command(["SET", Self.key, "5"]), deadline: .now() + .seconds(30))
                    #expect(await limiter.check(Self.request, at: nil).isAllowed)
                    #expect(await limiter.check(Self.other, at: nil).judgedAt != nil)
                }
                #expect(limiter.health.breaker == .closed)
                #expect(limiter.health.replacedForeignValues == 50)
                #expect(log.messages(.warning).count < 10)
            }
        }
    }

    @Test("under the probe's key it is replaced too, so that the probe stays good")
    func probeKey() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                try await redis.ask("LPUSH", RedisKey.probe, "x")
                guard case .success = await limiter.probe(timeout: .seconds(30)) else {
                    Issue.record("the probe failed at a foreign value under its key")
                    return
                }
                #expect(limiter.health.replacedForeignValues == 1)
            }
        }
    }

    @Test("the log names an identity as its owner asks for")
    func namedInLogs() async throws {
        let log = LoggedMessages()
        try await withPrivateRedis { redis in
            let limiter = try RedisLimiter(
                settings: redis.settings, logger: log.logger, nameInLogs: { _ in "a pseudonym" })
            let running = Task { await limiter.run() }
            try await redis.ask("LPUSH", Self.key, "x")
            #expect(await limiter.check(Self.request, at: nil).isAllowed)
            running.cancel()
            await running.value
            #expect(log.text.contains("a pseudonym") && !log.text.contains("bad"))
        }
    }

    @Test("a right that is missing for some keys fails their identities and opens no breaker")
    func rightsOfSomeKeys() async throws {
        let user = [
            "--user", "some", "on", ">pw", "&*", "+@all", "~rate_limit:{global:*", "~parallax:probe",
        ]
        try await withPrivateRedis(arguments: user) { redis in
            var settings = redis.settings
            settings.url = try RedisURL("unix://some:pw@\(redis.socketPath)")
            settings.breaker.failuresToOpen = 1
            try await withRedisLimiter(settings) { limiter in
                for _ in 0..<5 { #expect(await limiter.check(Self.request, at: nil) == .unavailable(.unauthorized)) }
                #expect(await limiter.check(Self.other, at: nil).isAllowed)
                #expect(limiter.health.breaker == .closed)
            }
        }
    }
}
