import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// What probes do to a server, and what tells them that it is well.
@Suite(.timeLimit(.minutes(1))) struct ProbeTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    @Test("a probe passes an open breaker and fails on a server that refuses writes")
    func probes() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.breaker.probeInterval = .seconds(60)
            try await withRedisLimiter(settings) { limiter in
                guard case .success = await limiter.probe(timeout: .seconds(30)) else {
                    Issue.record("a probe of a good server failed")
                    return
                }
                let readOnly = RedisCommand("REPLICAOF", "127.0.0.1", "1")
                _ = try await limiter.client.send(readOnly, deadline: .now() + .seconds(5))
                for _ in 0..<5 { #expect(await limiter.check(Self.request, at: nil) == .unavailable(.readOnly)) }
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.circuitOpen))
                #expect(await limiter.probe() == .failure(limiter.health.lastError!))
                _ = try await limiter.client.send(
                    RedisCommand("REPLICAOF", "NO", "ONE"), deadline: .now() + .seconds(5))
                guard case .success = await limiter.probe(timeout: .seconds(30)) else {
                    Issue.record("a probe did not pass the open breaker")
                    return
                }
                #expect(limiter.health.breaker == .open)
            }
        }
    }

    @Test("probes write no identity's key and leave nothing behind")
    func probeKey() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                for _ in 0..<10 { _ = await limiter.probe() }
                var reply = RedisReply.null
                while reply != .array([]) {
                    reply = try await limiter.client.send(RedisCommand("KEYS", "*"), deadline: .now() + .seconds(5))
                    guard reply == .array([]) || reply == .array([.bulk(Array(RedisKey.probe.utf8))]) else {
                        Issue.record("a probe left \(reply)")
                        return
                    }
                }
            }
        }
    }
}
