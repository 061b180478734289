import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct RedisLimiterTests {
    private static let policy = try! Policy(windows: [Window(name: "hour", limit: 5, durationMilliseconds: 3_600_000)])
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: policy)

    @Test("two clients share one limit, and many callers at once never get more than it")
    func sharedLimit() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { first in
                try await withRedisLimiter(redis.settings) { second in
                    let decisions = await ask(200) { index in
                        await (index.isMultiple(of: 2) ? first : second).check(Self.request, at: nil)
                    }
                    #expect(decisions.count(where: \.isAllowed) == 5)
                    #expect(decisions.count { $0.outcome == .limited(by: "hour") } == 195)
                }
            }
        }
    }

    @Test("without a passed time the server's clock judges, and the key expires with its newest unit")
    func serverClock() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let before = try await serverSeconds(limiter)
                let decision = await limiter.check(Self.request, at: nil)
                let after = try await serverSeconds(limiter)
                let judgedAt = try #require(decision.judgedAt)
                #expect((before...after).contains(judgedAt.milliseconds / 1_000))
                #expect(decision.windows[0].reset == judgedAt + 3_600_000)
                let left = try await lifetime(limiter)
                #expect((3_590_000...3_600_000).contains(left))
            }
        }
    }

    @Test("a refusal changes neither the log nor its expiry")
    func refusalLeavesNoTrace() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                for _ in 0..<5 { _ = await limiter.check(Self.request, at: nil) }
                _ = try await limiter.client.send(RedisCommand("PERSIST", key), deadline: soon)
                let before = try await limiter.client.send(RedisCommand("DUMP", key), deadline: soon)
                #expect(await limiter.check(Self.request, at: nil).outcome == .limited(by: "hour"))
                #expect(try await limiter.client.send(RedisCommand("DUMP", key), deadline: soon) == before)
                #expect(try await limiter.client.send(RedisCommand("PTTL", key), deadline: soon) == .integer(-1))
            }
        }
    }

    @Test("units judged at passed times stay beyond their window, since the server's clock knows nothing of them")
    func passedTimeKeepsKey() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let policy = try Policy(windows: [Window(name: "blink", limit: 1, durationMilliseconds: 1)])
                let request = try CheckRequest(identity: Self.request.identity, policy: policy)
                _ = await limiter.check(request, at: Timestamp(milliseconds: 5))
                let left = try await lifetime(limiter)
                #expect(left > 86_000_000)
            }
        }
    }

    @Test("a server that has forgotten the script is given it again, unseen by the caller")
    func scriptFlush() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                for used in 1...3 {
                    _ = try await limiter.client.send(RedisCommand("SCRIPT", "FLUSH"), deadline: soon)
                    #expect(await limiter.check(Self.request, at: nil).windows.map(\.used) == [used])
                }
                // The fourth call finds the script: the hash that is sent is the hash of the source.
                _ = try await limiter.client.send(RedisCommand("CONFIG", "RESETSTAT"), deadline: soon)
                _ = await limiter.check(Self.request, at: nil)
                let info = try await limiter.client.send(RedisCommand("INFO", "commandstats"), deadline: soon)
                #expect(info.text?.contains("cmdstat_evalsha") == true)
                #expect(info.text?.contains("cmdstat_eval:") == false)
            }
        }
    }

    @Test("a login with the right password is let in; a wrong or missing one is told apart from an outage")
    func login() async throws {
        try await withPrivateRedis(password: "pa:ss/w@rd") { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
            }
            for password in ["wrong", nil] {
                var settings = redis.settings
                settings.url = RedisURL(endpoint: .unixSocket(path: redis.socketPath), password: password)
                try await withRedisLimiter(settings) { limiter in
                    #expect(await limiter.check(Self.request, at: nil) == .unavailable(.unauthorized))
                    #expect(await limiter.check(Self.request, at: nil) == .unavailable(.unauthorized))
                    #expect(limiter.health.lastError?.code == .unauthorized)
                    #expect("\(limiter.health)".contains("wrong") == false)
                }
            }
        }
    }

    @Test("the database of the address is used, and one that does not exist is an error")
    func database() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.url = RedisURL(endpoint: .unixSocket(path: redis.socketPath), database: 3)
            try await withRedisLimiter(settings) { limiter in
                _ = await limiter.check(Self.request, at: nil)
                let keyspace = try await limiter.client.send(RedisCommand("INFO", "keyspace"), deadline: soon)
                #expect(keyspace.text?.contains("db3:keys=1") == true)
                #expect(keyspace.text?.contains("db0") == false)
            }
            settings.url = RedisURL(endpoint: .unixSocket(path: redis.socketPath), database: 99)
            try await withRedisLimiter(settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.error))
            }
        }
    }

    @Test("a reset forgets the units, says whether there were any, and is heard by other instances")
    func reset() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { first in
                try await withRedisLimiter(redis.settings) { second in
                    let identity = try Identity(organization: "a:b", identifier: "{c}\n😀")
                    var resets = second.resets().makeAsyncIterator()
                    try await waitForSubscribers(1, on: first)
                    let request = try CheckRequest(identity: identity, policy: Self.policy, cost: 5)
                    #expect(await first.check(request, at: nil).isAllowed)
                    #expect(try await first.reset(identity, timeout: .seconds(30)))
                    #expect(await resets.next() == .identity(identity))
                    #expect(try await !first.reset(identity, timeout: .seconds(30)))
                    #expect(await first.check(request, at: nil).isAllowed)
                }
            }
        }
    }

    @Test("a caller who gives up disturbs no other caller's answer")
    func cancellation() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                redis.pause()
                let gone = Task { await limiter.check(Self.request, at: nil) }
                let staying = (0..<20).map { index in
                    Task { try await limiter.client.send(RedisCommand("ECHO", "\(index)"), deadline: soon) }
                }
                while limiter.health.pending < 21 { await Task.yield() }
                gone.cancel()
                #expect(await gone.value == .unavailable(.timedOut))
                redis.resume()
                for (index, task) in staying.enumerated() {
                    let reply = try await task.value
                    #expect(reply.text == "\(index)")
                }
                // The answer wakes its caller before its place is free.
                while limiter.health.pending > 0 { await Task.yield() }
            }
        }
    }

    @Test("connections are added while callers queue up, never beyond the maximum")
    func grows() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.maximumConnections = 4
            settings.growthThreshold = 5
            try await withRedisLimiter(settings) { limiter in
                _ = await limiter.check(Self.request, at: nil)
                #expect(limiter.health.connections == 1)
                while limiter.health.connections < 3 {
                    _ = await ask(200) { _ in await limiter.check(Self.request, at: nil) }
                }
                _ = await ask(500) { _ in await limiter.check(Self.request, at: nil) }
                #expect(limiter.health.connections == 3)
            }
        }
    }

    @Test("a shutdown leaves no caller waiting, and later callers are answered at once")
    func shutdownAnswersAll() async throws {
        try await withPrivateRedis { redis in
            let limiter = try RedisLimiter(settings: redis.settings, logger: .silent)
            let running = Task { await limiter.run() }
            let decisions = await ask(100) { index in
                if index == 50 { running.cancel() }
                return await limiter.check(Self.request, at: nil)
            }
            await running.value
            #expect(decisions.count == 100)
            await #expect(throws: RedisError.self) {
                try await limiter.client.send(RedisCommand("PING"), deadline: .distantFuture)
            }
        }
    }

    private var soon: NIODeadline { .now() + .seconds(30) }
    private var key: String { RedisKey.text(for: Self.request.identity) }

    private func serverSeconds(_ limiter: RedisLimiter) async throws -> Int64 {
        let reply = try await limiter.client.send(RedisCommand("TIME"), deadline: soon)
        guard case .array(let parts) = reply else { throw RedisError(.server, "TIME answered \(reply)") }
        return try #require(parts.first?.text.flatMap { Int64($0) })
    }

    /// What is left of the key's life, in milliseconds.
    private func lifetime(_ limiter: RedisLimiter) async throws -> Int64 {
        let reply = try await limiter.client.send(RedisCommand("PTTL", key), deadline: soon)
        guard case .integer(let left) = reply else { throw RedisError(.server, "PTTL answered \(reply)") }
        return left
    }

    private func waitForSubscribers(_ count: Int64, on limiter: RedisLimiter) async throws {
        let command = RedisCommand("PUBSUB", "NUMSUB", RedisKey.resetsChannel)
        while true {
            let reply = try await limiter.client.send(command, deadline: soon)
            guard case .array(let parts) = reply else { throw RedisError(.server, "PUBSUB answered \(reply)") }
            if parts.last == .integer(count) { return }
            await Task.yield()
        }
    }
}

/// Asks so many times at once.
func ask(_ count: Int, _ body: @escaping @Sendable (Int) async -> Decision) async -> [Decision] {
    await withTaskGroup(of: Decision.self) { group in
        for index in 0..<count { group.addTask { await body(index) } }
        return await group.reduce(into: []) { $0.append($1) }
    }
}
