import Logging
import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// A server that answers every new connection with an error is a server that is away: no storm of connections or log lines.
@Suite(.timeLimit(.minutes(1))) struct RefusedConnectionsTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    /// Checks until the first connection was refused, and expects that none was made since.
    private static func expectOneConnection(
        by url: (RedisRelay) throws -> RedisURL, to redis: PrivateRedis, reason: Unavailability
    ) async throws {
        try await withRedisRelay(to: redis) { relay in
            var settings = redis.settings
            settings.url = try url(relay)
            settings.reconnectDelays = .seconds(3600) ... .seconds(3600)
            settings.breaker.failuresToOpen = .max
            try await withRedisLimiter(settings) { limiter in
                // As many turns of the tasks as a storm needs to show.
                for _ in 0..<5000 {
                    #expect(await limiter.check(Self.request, at: nil) == .unavailable(reason))
                    await Task.yield()
                }
                #expect(relay.acceptedConnections == 1)
                #expect(limiter.health.reconnects == 0)
            }
        }
    }

    @Test("a wrong password is tried once a back-off")
    func wrongPassword() async throws {
        try await withPrivateRedis(password: "right") { redis in
            try await Self.expectOneConnection(
                by: { try RedisURL("redis://:wrong@127.0.0.1:\($0.port)") }, to: redis, reason: .unauthorized)
        }
    }

    @Test("a password that is not asked for is tried once a back-off")
    func needlessPassword() async throws {
        try await withPrivateRedis { redis in
            try await Self.expectOneConnection(
                by: { try RedisURL("redis://:needless@127.0.0.1:\($0.port)") }, to: redis, reason: .unauthorized)
        }
    }

    @Test("a good password and a database out of range are tried once a back-off")
    func databaseOutOfRange() async throws {
        try await withPrivateRedis(password: "right") { redis in
            try await Self.expectOneConnection(
                by: { try RedisURL("redis://:right@127.0.0.1:\($0.port)/99") }, to: redis, reason: .error)
        }
    }

    @Test("a server with as many clients as it takes is tried once a back-off")
    func tooManyClients() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                let bound = RedisCommand("CONFIG", "SET", "maxclients", "1")
                _ = try await limiter.client.send(bound, deadline: .now() + .seconds(30))
                try await Self.expectOneConnection(by: { $0.url }, to: redis, reason: .disconnected)
            }
        }
    }

    @Test("a subscription that is refused is tried once a back-off, and says why")
    func refusedSubscription() async throws {
        try await withPrivateRedis { redis in
            try await redis.ask("ACL", "SETUSER", "few", "on", ">pw", "~*", "resetchannels", "+@all")
            try await withRedisRelay(to: redis) { relay in
                var settings = redis.settings
                settings.url = try RedisURL("redis://few:pw@127.0.0.1:\(relay.port)")
                settings.reconnectDelays = .seconds(3600) ... .seconds(3600)
                settings.refusalCacheIdentities = 10
                try await withRedisLimiter(settings) { limiter in
                    #expect(await limiter.check(Self.request, at: nil).isAllowed)
                    try await until { limiter.health.resetsProblem?.code == .unauthorized }
                    for _ in 0..<200 { #expect(await limiter.check(Self.request, at: nil).judgedAt != nil) }
                    #expect(relay.acceptedConnections == 2)
                }
            }
        }
    }

    @Test("a refusal that repeats hundreds of times is a handful of log lines, and its end is another")
    func logLines() async throws {
        let log = LoggedMessages()
        try await withPrivateRedis(password: "right") { redis in
            var settings = redis.settings
            settings.url = try RedisURL("unix://:wrong@\(redis.socketPath)")
            settings.reconnectDelays = .microseconds(10) ... .microseconds(100)
            settings.breaker.failuresToOpen = .max
            try await withRedisLimiter(settings, logger: log.logger) { limiter in
                while limiter.health.reconnects < 300 { await Task.yield() }
                #expect((1...20).contains(log.messages(.warning).count))
                #expect(log.messages(.warning).allSatisfy { $0 == "no connection to Redis" })
                try await redis.ask("CONFIG", "SET", "requirepass", "wrong")
                try await until { log.messages(.notice) == ["connected to Redis again"] }
            }
        }
    }
}
