import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Answers that are cut off, swallowed or no answers at all, on the way from a real server.
@Suite(.timeLimit(.minutes(1))) struct LostAnswersTests {
    private static func request(_ limit: Int = 1000) -> CheckRequest {
        let windows = [Window(name: "hour", limit: limit, durationMilliseconds: 3_600_000)]
        return try! CheckRequest(identity: Identity(identifier: "caller"), policy: Policy(windows: windows))
    }

    private static func settings(_ redis: PrivateRedis, _ relay: RedisRelay) -> RedisSettings {
        var settings = redis.settings
        settings.url = relay.url
        settings.breaker.failuresToOpen = .max
        return settings
    }

    @Test("a connection that is reset in the middle of an answer is told at once, and left for a new one")
    func reset() async throws {
        try await withPrivateRedis { redis in
            try await withRedisRelay(to: redis) { relay in
                var settings = Self.settings(redis, relay)
                // No one is told by waiting for these.
                settings.decisionTimeout = .seconds(600)
                settings.socketTimeout = .seconds(600)
                try await withRedisLimiter(settings) { limiter in
                    #expect(await limiter.check(Self.request(), at: nil).isAllowed)
                    relay.behave(.reset(afterBytes: 7))
                    #expect(await limiter.check(Self.request(), at: nil) == .unavailable(.disconnected))
                    var next = await limiter.check(Self.request(), at: nil)
                    while next.outcome == .unavailable(.disconnected) {
                        // Refusals without a connection come at once, and who makes one needs a thread.
                        await Task.yield()
                        next = await limiter.check(Self.request(), at: nil)
                    }
                    #expect(next.isAllowed)
                    // The script had run: its unit counts, though no caller knows of it.
                    #expect(next.windows.map(\.used) == [3])
                    #expect(relay.acceptedConnections == 2)
                }
            }
        }
    }

    @Test("answers that do not come are given up at the deadline, and the connection at the socket time-out")
    func swallowed() async throws {
        try await withPrivateRedis { redis in
            try await withRedisRelay(to: redis) { relay in
                var settings = Self.settings(redis, relay)
                settings.decisionTimeout = .milliseconds(20)
                settings.socketTimeout = .milliseconds(100)
                try await withRedisLimiter(settings) { limiter in
                    while await !limiter.check(Self.request(), at: nil).isAllowed { await Task.yield() }
                    let before = limiter.health.reconnects
                    relay.behave(.swallow)
                    #expect(await limiter.check(Self.request(), at: nil) == .unavailable(.timedOut))
                    try await until { limiter.health.reconnects > before }
                    relay.behave(.forward)
                    // The connection that missed an answer gets none any more: only another one can help.
                    while await !limiter.check(Self.request(), at: nil).isAllowed { await Task.yield() }
                    try await until { limiter.health.pending == 0 }
                }
            }
        }
    }

    @Test(
        "bytes that are no answer end the connection, as a violation of the protocol and not as a verdict",
        arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "$-7\r\n", "*99999999999\r\n", ":12x\r\n", "\u{0}\u{1}\r\n"])
    func garbage(_ text: String) async throws {
        try await withPrivateRedis { redis in
            try await withRedisRelay(to: redis) { relay in
                try await withRedisLimiter(Self.settings(redis, relay)) { limiter in
                    #expect(await limiter.check(Self.request(), at: nil).isAllowed)
                    relay.behave(.answer(Array(text.utf8)))
                    #expect(await limiter.check(Self.request(), at: nil) == .unavailable(.error))
                    #expect(limiter.health.lastError?.code == .protocolViolation)
                    relay.behave(.forward)
                    while await !limiter.check(Self.request(), at: nil).isAllowed { await Task.yield() }
                }
            }
        }
    }

    @Test("an answer of the protocol that is not a decision is an error, and the connection stays")
    func noDecision() async throws {
        try await withPrivateRedis { redis in
            try await withRedisRelay(to: redis) { relay in
                try await withRedisLimiter(Self.settings(redis, relay)) { limiter in
                    #expect(await limiter.check(Self.request(), at: nil).isAllowed)
                    for text in [":1\r\n", "$5\r\nhello\r\n", "*0\r\n", "$-1\r\n"] {
                        relay.behave(.answer(Array(text.utf8)))
                        #expect(await limiter.check(Self.request(), at: nil) == .unavailable(.error))
                    }
                    relay.behave(.forward)
                    #expect(await limiter.check(Self.request(), at: nil).isAllowed)
                    #expect(relay.acceptedConnections == 1)
                }
            }
        }
    }
}
