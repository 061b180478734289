import NIOCore
import NIOPosix
import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

/// One address that leads to another server by now, while the connections to the old one stay: a service, a name, a proxy.
@Suite(.timeLimit(.minutes(1))) struct MovedAddressTests {
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)

    private static func withMovedAddress(
        fail: (PrivateRedis) async throws -> Void, expecting reason: Unavailability?,
        adjust: (inout RedisSettings) -> Void = { _ in }
    ) async throws {
        try await withPrivateRedis { old in
            try await withPrivateRedis { new in
                try await withRedisRelay(to: old) { relay in
                    var settings = old.settings
                    settings.url = relay.url
                    adjust(&settings)
                    try await withRedisLimiter(settings) { limiter in
                        #expect(await limiter.check(Self.request, at: nil).isAllowed)
                        try await fail(old)
                        relay.lead(to: new)
                        if let reason { #expect(await limiter.check(Self.request, at: nil) == .unavailable(reason)) }
                        // Nothing closes the old connections.
                        while await !limiter.check(Self.request, at: nil).isAllowed {
                            _ = await limiter.probe()
                            await Task.yield()
                        }
                        #expect(try await new.ask("EXISTS", RedisKey.text(for: Self.request.identity)) == .integer(1))
                        old.resume()
                    }
                }
            }
        }
    }

    @Test("a demoted primary is left")
    func demoted() async throws {
        try await Self.withMovedAddress(
            fail: { try await $0.ask("REPLICAOF", "127.0.0.1", "1") }, expecting: .readOnly)
    }

    @Test("a replica that has lost its primary and serves no old data is left")
    func masterDown() async throws {
        try await Self.withMovedAddress(
            fail: { redis in
                try await redis.ask("CONFIG", "SET", "replica-serve-stale-data", "no")
                try await redis.ask("REPLICAOF", "127.0.0.1", "1")
            }, expecting: .loading)
    }

    @Test("a primary that lacks the replicas it must have is left")
    func noReplicas() async throws {
        try await Self.withMovedAddress(
            fail: { try await $0.ask("CONFIG", "SET", "min-replicas-to-write", "1") }, expecting: .readOnly)
    }

    @Test("a server that is left for another counts as no lost connection")
    func countsNoLoss() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                #expect(await limiter.check(Self.request, at: nil).isAllowed)
                try await redis.ask("REPLICAOF", "127.0.0.1", "1")
                #expect(await limiter.check(Self.request, at: nil) == .unavailable(.readOnly))
                try await redis.ask("REPLICAOF", "NO", "ONE")
                while await !limiter.check(Self.request, at: nil).isAllowed { await Task.yield() }
                #expect(limiter.health.reconnects == 0)
            }
        }
    }

    @Test("callers who wait on a connection that is left have their answers also after the time a connection may take")
    func leftEarly() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.connectionTimeout = .milliseconds(500)
            (settings.decisionTimeout, settings.socketTimeout) = (.seconds(60), .seconds(60))
            try await withRedisLimiter(settings) { limiter in
                redis.pause()
                let waiting = Task { await limiter.check(Self.request, at: nil) }
                try await until { limiter.health.pending == 1 }
                let isLeft = limiter.client.renew()
                #expect(isLeft)
                let loop = MultiThreadedEventLoopGroup.singleton.next()
                try await loop.scheduleTask(in: .milliseconds(600)) {}.futureResult.get()
                redis.resume()
                #expect(await waiting.value.isAllowed)
            }
        }
    }

    @Test("a server that stands still on open connections is left after three probes")
    func hanging() async throws {
        try await Self.withMovedAddress(fail: { $0.pause() }, expecting: nil) { settings in
            settings.decisionTimeout = .milliseconds(50)
            settings.socketTimeout = .seconds(600)
        }
    }

    @Test("a server that refuses writes for long is left no more often than the longest wait allows")
    func schedule() {
        var schedule = RenewalSchedule(delays: .milliseconds(50) ... .seconds(2))
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        let error = RedisError(serverReply: "READONLY You can't write against a read only replica.")
        let renewals = stride(from: 0, to: 60_000, by: 10).count { millisecond in
            schedule.decisionFailed(error, now: start + .milliseconds(millisecond))
        }
        #expect((30...36).contains(renewals))
    }

    @Test("a user who lacks a right, an error of one command, and a server that is full or busy leave no connection")
    func kept() {
        var schedule = RenewalSchedule(delays: .milliseconds(50) ... .seconds(2))
        let texts = [
            "NOPERM no", "WRONGPASS no", "ERR unknown", "MOVED 1 127.0.0.1:1", "OOM command not allowed",
            "MISCONF Redis is configured to save", "LOADING Redis is loading", "BUSY Redis is busy running a script",
        ]
        for text in texts {
            let isLeft = schedule.probeFailed(RedisError(serverReply: text), now: .now())
            #expect(!isLeft, "\(text)")
        }
        for isAnswered in [false, false, true, false, false] {
            if isAnswered { schedule.probeSucceeded() }
            let isLeft = !isAnswered && schedule.probeFailed(.late, now: .now())
            #expect(!isLeft)
        }
    }
}
