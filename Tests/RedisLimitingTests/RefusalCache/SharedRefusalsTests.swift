import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Instances with refusal caches on a real Redis.
@Suite(.timeLimit(.minutes(1))) struct SharedRefusalsTests {
    private static let policy = try! Policy(windows: [Window(name: "hour", limit: 2, durationMilliseconds: 3_600_000)])
    private static let request = try! CheckRequest(identity: Identity(identifier: "caller"), policy: policy)

    @Test("a refusal is repeated without asking Redis until its last millisecond, as Redis itself would answer it")
    func untilTheLastMillisecond() async throws {
        try await withPrivateRedis { redis in
            let clock = VirtualClock()
            try await withInstance(redis, heartbeat: .milliseconds(20), uptime: { clock.uptime }) { instance in
                for _ in 0..<2 { #expect(await instance.check(Self.request).isAllowed) }
                let refusal = await instance.check(Self.request)
                #expect(refusal.outcome == .limited(by: "hour"))
                let asked = try await instance.evaluations()
                #expect(await instance.check(Self.request) == refusal)
                let wait = refusal.retryAfterMilliseconds
                // What is left is told from Redis's own answer: the same request at a passed time.
                for elapsed in [1, 1_000, wait / 2, wait * 99 / 100] {
                    clock.advance(by: .milliseconds(elapsed) - clock.uptime)
                    try await instance.untilInUse()
                    #expect(
                        await instance.check(Self.request)
                            == instance.judge(Self.request, at: refusal.judgedAt! + elapsed))
                }
                // Only the questions at passed times have gone to Redis.
                #expect(try await instance.evaluations() == asked + 4)
                // The last millisecond that is certain: one before the wait ends, and a thousandth for the clocks.
                let last = Duration.milliseconds(wait - 1) / 1.001
                clock.advance(by: last - clock.uptime)
                try await instance.untilInUse()
                #expect(await instance.check(Self.request).judgedAt! > refusal.judgedAt!)
                #expect(try await instance.evaluations() == asked + 4)
                clock.advance(by: .nanoseconds(1))
                _ = await instance.check(Self.request)
                #expect(try await instance.evaluations() == asked + 5)
            }
        }
    }

    @Test("a refusal never outlives Redis's own: asked again and again, the first acceptance comes at its time")
    func acceptedInTime() async throws {
        let policy = try Policy(windows: [Window(name: "blink", limit: 1, durationMilliseconds: 150)])
        let request = try CheckRequest(identity: Identity(identifier: "hot"), policy: policy)
        try await withPrivateRedis { redis in
            try await withInstance(redis) { instance in
                for _ in 0..<5 {
                    var decision = await instance.check(request)
                    while !decision.isAllowed {
                        await Task.yield()
                        decision = await instance.check(request)
                    }
                    let accepted = decision.judgedAt!
                    decision = await instance.check(request)
                    while !decision.isAllowed {
                        // Both limiters give the same end of the wait.
                        #expect(decision.judgedAt! + decision.retryAfterMilliseconds == accepted + 150)
                        await Task.yield()
                        decision = await instance.check(request)
                    }
                    #expect(decision.judgedAt! - accepted >= 150)
                }
                #expect(instance.limiter.refusals!.health.refusals > 100)
            }
        }
    }

    @Test("another cost goes to Redis, and what was refused under one policy does not bind another")
    func othersAreAsked() async throws {
        try await withPrivateRedis { redis in
            try await withInstance(redis) { instance in
                let whole = try CheckRequest(identity: Self.request.identity, policy: Self.policy, cost: 2)
                #expect(await instance.check(whole).isAllowed)
                _ = await instance.check(Self.request)
                let asked = try await instance.evaluations()
                #expect(await instance.check(whole).outcome == .limited(by: "hour"))
                #expect(try await instance.evaluations() == asked + 1)
                let raised = try Policy(windows: [Window(name: "hour", limit: 3, durationMilliseconds: 3_600_000)])
                let other = try CheckRequest(identity: Self.request.identity, policy: raised)
                #expect(await instance.check(other).isAllowed)
            }
        }
    }

    @Test("a reset at one instance ends the refusals kept at it and at every other")
    func resetReachesAll() async throws {
        try await withPrivateRedis { redis in
            try await withInstance(redis) { first in
                try await withInstance(redis) { second in
                    for _ in 0..<20 {
                        for _ in 0..<2 { #expect(await first.check(Self.request).isAllowed) }
                        for instance in [first, second] { try await instance.untilKept(Self.request) }
                        let wasReset = try await first.limiter.reset(Self.request.identity, timeout: .seconds(30))
                        #expect(wasReset)
                        // At once where it was asked for, and elsewhere as soon as the announcement is there.
                        #expect(first.limiter.refusals!.health.identities == 0)
                        try await until { second.limiter.refusals!.health.identities == 0 }
                        #expect(await second.check(Self.request).isAllowed)
                        _ = try await second.limiter.reset(Self.request.identity, timeout: .seconds(30))
                    }
                }
            }
        }
    }

    @Test("while the subscription is away nothing is repeated, and a reset from then is not missed")
    func lostSubscription() async throws {
        try await withPrivateRedis { redis in
            try await withInstance(redis) { instance in
                for _ in 0..<2 { _ = await instance.check(Self.request) }
                try await instance.untilKept(Self.request)
                try await withRedisLimiter(redis.settings) { other in
                    let kill = RedisCommand("CLIENT", "KILL", "TYPE", "pubsub")
                    _ = try await other.client.send(kill, deadline: .now() + .seconds(30))
                    try await until { instance.limiter.refusals!.health.identities == 0 }
                    #expect(try await other.reset(Self.request.identity, timeout: .seconds(30)))
                    #expect(await instance.check(Self.request).isAllowed)
                }
                try await instance.untilInUse()
            }
        }
    }

    @Test("a Redis that stands still is not spoken for beyond the lease, and its end forgets all at once")
    func silentRedis() async throws {
        try await withPrivateRedis { redis in
            try await withInstance(redis, heartbeat: .milliseconds(100)) { instance in
                for _ in 0..<2 { _ = await instance.check(Self.request) }
                try await instance.untilKept(Self.request)
                redis.pause()
                try await until { !instance.limiter.refusals!.health.isInUse }
                #expect(instance.refusal(of: Self.request) == nil)
                redis.resume()
                try await instance.untilInUse()
                await redis.kill()
                try await until { instance.limiter.refusals!.health.identities == 0 }
                #expect(!instance.limiter.refusals!.health.isInUse)
                guard case .unavailable = await instance.check(Self.request).outcome else {
                    Issue.record("a dead Redis was spoken for")
                    return
                }
            }
        }
    }

    @Test("without the setting nothing is kept")
    func offByDefault() async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in #expect(limiter.refusals == nil) }
        }
    }

    @Test("where both limiters judge, every question goes to Redis, whichever is enforced", arguments: [0.0, 100])
    func hybridAsks(_ percent: Double) async throws {
        try await withPrivateRedis { redis in
            try await withInstance(redis) { instance in
                for _ in 0..<3 { _ = await instance.check(Self.request) }
                let asked = try await instance.evaluations()
                let observer = CollectingObserver()
                let clock = VirtualClock()
                let hybrid = HybridLimiter(
                    control: InMemoryLimiter(), candidate: instance.limiter, refusals: instance.limiter.refusals,
                    clocks: clock.clocks,
                    flags: {
                        FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: percent)
                    }, observer: observer)
                for _ in 0..<10 { _ = await hybrid.check(Self.request) }
                await observer.comparisons(reach: 10)
                #expect(try await instance.evaluations() == asked + 10)
                #expect(instance.limiter.refusals!.health.refusals == 0)
            }
        }
    }
}
