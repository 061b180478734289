import Glibc
import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct RedisOutageTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .standard)

    @Test("a killed server is told at once, then not asked, and used again when it is back")
    func killedAndBack() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                await redis.kill()
                var outcomes: [Decision] = []
                while outcomes.last != .unavailable(.circuitOpen) {
                    outcomes.append(await limiter.check(Self.request, at: nil))
                }
                // Five failures open the breaker; none of them waits for the deadline of five seconds.
                #expect(outcomes.dropLast() == Array(repeating: .unavailable(.disconnected), count: 5)[...])
                #expect(limiter.health.breaker != .closed)
                #expect(limiter.health.lastError?.code == .disconnected)
                try await redis.restart()
                while limiter.health.breaker != .closed { await Task.yield() }
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                #expect(limiter.health.reconnects > 0)
                #expect(limiter.health.isHealthy)
            }
        }
    }

    @Test("a server that stands still is given up at the deadline, and its late answers disturb nobody")
    func paused() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.decisionDeadline = .milliseconds(30)
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
            settings.commandTimeout = .milliseconds(50)
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                redis.pause()
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut))
                redis.resume()
                while await !limiter.check(Self.request, at: nil).isAllowed { await Task.yield() }
                #expect(limiter.health.reconnects > 0)
            }
        }
    }

    @Test("a server that accepts and never answers costs a caller no more than the deadline")
    func neverAnswers() async throws {
        try await withSilentServer { path in
            let settings = RedisSettings(
                url: RedisURL(endpoint: .unixSocket(path: path), password: "pw"),
                connectionTimeout: .milliseconds(100), decisionDeadline: .milliseconds(20),
                reconnectDelays: .milliseconds(5) ... .milliseconds(10))
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut))
                while limiter.health.reconnects == 0 { await Task.yield() }
                #expect(limiter.health.connections == 0)
            }
        }
    }

    @Test("a limiter that was never run answers at the deadline")
    func neverRun() async throws {
        let settings = RedisSettings(decisionDeadline: .milliseconds(10))
        let limiter = try RedisLimiter(settings: settings, logger: .silent)
        #expect(await limiter.check(Self.request, at: nil) == .unavailable(.timedOut))
    }

    @Test("where nothing listens, a caller is told at once")
    func nothingListens() async throws {
        let settings = RedisSettings(
            url: RedisURL(endpoint: .unixSocket(path: "/nonexistent/redis.sock")), decisionDeadline: .seconds(60))
        try await withRedisLimiter(settings) { limiter in
            #expect(await limiter.check(Self.request, at: nil) == .unavailable(.disconnected))
            guard case .failure(let error) = await limiter.probe() else {
                Issue.record("a probe of nothing succeeded")
                return
            }
            #expect(error.code == .disconnected)
        }
    }

    @Test("a probe passes an open breaker and fails on a server that refuses writes")
    func probes() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.breaker.probeInterval = .seconds(60)
            try await withRedisLimiter(settings) { limiter in
                guard case .success = await limiter.probe() else {
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
                guard case .success = await limiter.probe() else {
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

/// Lends the path of a socket that accepts connections and never says a word.
private func withSilentServer(_ body: (String) async throws -> Void) async throws {
    let folder = try ServerFolder()
    defer { folder.remove() }
    let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(server) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: folder.socketPath.utf8) }
    let status = withUnsafePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(server, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    try #require(status == 0 && listen(server, 100) == 0)
    try await body(folder.socketPath)
}
