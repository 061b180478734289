import NIOCore
import NIOPosix
import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

@Suite(.timeLimit(.minutes(1))) struct IdentityTurnsTests {
    private static let busy = try! Identity(identifier: "busy")
    private static let other = try! Identity(identifier: "other")
    private let turns = IdentityTurns(maximum: 2, eventLoop: MultiThreadedEventLoopGroup.singleton.next())

    @Test("one identity gets as many turns as the bound, and another is not concerned")
    func bound() async throws {
        for _ in 0..<2 { try await turns.begin(Self.busy, deadline: .distantFuture) }
        await #expect(throws: RedisError.self) { try await turns.begin(Self.busy, deadline: .now()) }
        try await turns.begin(Self.other, deadline: .now())
        for identity in [Self.busy, Self.busy, Self.other] { turns.end(identity) }
        #expect(turns.identities == 0)
    }

    @Test("a turn that is given back goes to the next that waits, past those that have given up")
    func passesOn() async throws {
        for _ in 0..<2 { try await turns.begin(Self.busy, deadline: .distantFuture) }
        await #expect(throws: RedisError.self) { try await turns.begin(Self.busy, deadline: .now()) }
        let next = Task { try await turns.begin(Self.busy, deadline: .distantFuture) }
        turns.end(Self.busy)
        try await next.value
        for _ in 0..<2 { turns.end(Self.busy) }
        #expect(turns.identities == 0)
    }

    @Test("a caller who gives up leaves, and keeps no turn")
    func cancelled() async throws {
        for _ in 0..<2 { try await turns.begin(Self.busy, deadline: .distantFuture) }
        let gone = Task { try await turns.begin(Self.busy, deadline: .distantFuture) }
        gone.cancel()
        await #expect(throws: RedisError.self) { try await gone.value }
        for _ in 0..<2 { turns.end(Self.busy) }
        #expect(turns.identities == 0)
    }

    @Test("a thousand decisions of one identity at once are all made, never more on their way than the bound")
    func allAreMade() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.maximumInFlightPerIdentity = 4
            try await withRedisLimiter(settings) { limiter in
                let policy = try Policy(windows: [Window(name: "hour", limit: 500, durationMilliseconds: 3_600_000)])
                let request = try CheckRequest(identity: Self.busy, policy: policy)
                let allowed = await withTaskGroup(of: Decision.self) { group in
                    for _ in 0..<1000 { group.addTask { await limiter.check(request, at: nil) } }
                    return await group.reduce(0) { $1.isAllowed ? $0 + 1 : $0 }
                }
                #expect(allowed == 500)
                #expect(limiter.health.undecided == 0)
            }
        }
    }

    @Test("a server that stands still has the bound's decisions of one caller waiting, and another's too")
    func doesNotFill() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.maximumInFlightPerIdentity = 8
            settings.breaker.failuresToOpen = .max
            try await withRedisLimiter(settings) { limiter in
                let busy = try CheckRequest(identity: Self.busy, policy: .defaultValue)
                #expect(await limiter.check(busy, at: nil).isAllowed)
                redis.pause()
                let flood = Task {
                    await withTaskGroup(of: Decision.self) { group in
                        for _ in 0..<64 { group.addTask { await limiter.check(busy, at: nil) } }
                        return await group.reduce(into: [Decision]()) { $0.append($1) }
                    }
                }
                try await until { limiter.health.pending == 8 }
                let request = try CheckRequest(identity: Self.other, policy: .defaultValue)
                let other = Task { await limiter.check(request, at: nil) }
                try await until { limiter.health.pending == 9 }
                redis.resume()
                #expect(await other.value.isAllowed)
                #expect(await flood.value.allSatisfy { $0.judgedAt != nil })
            }
        }
    }

    @Test("a turn that was near and did not come in time has timed out, one further back is skipped")
    func nearAndFar() async throws {
        for _ in 0..<2 { try await turns.begin(Self.busy, deadline: .distantFuture) }
        // Four rounds of two turns are near.
        for _ in 0..<8 {
            let error = await #expect(throws: RedisError.self) { try await turns.begin(Self.busy, deadline: .now()) }
            #expect(error?.code == .timedOut)
        }
        let error = await #expect(throws: RedisError.self) { try await turns.begin(Self.busy, deadline: .now()) }
        #expect(error?.code == .skipped)
        for _ in 0..<2 { turns.end(Self.busy) }
        #expect(turns.identities == 0)
    }

    @Test("a decision that does not wait takes a free turn or is skipped at once")
    func withoutWaiting() async throws {
        for _ in 0..<2 { try await turns.begin(Self.busy, deadline: .distantFuture, waits: false) }
        let error = await #expect(throws: RedisError.self) {
            try await turns.begin(Self.busy, deadline: .distantFuture, waits: false)
        }
        #expect(error?.code == .skipped)
        for _ in 0..<2 { turns.end(Self.busy) }
        #expect(turns.identities == 0)
    }

    @Test(
        "while control is enforced a flood of one caller leaves the places of all to another", .timeLimit(.minutes(1)))
    func leavesPlaces() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.maximumInFlightPerIdentity = 2
            settings.breaker.failuresToOpen = .max
            settings.decisionTimeout = .seconds(60)
            try await withRedisLimiter(settings) { limiter in
                let observer = CollectingObserver()
                let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 0)
                let hybrid = HybridLimiter(
                    control: InMemoryLimiter(), candidate: limiter, settings: .init(maximumInFlight: 4),
                    clocks: VirtualClock().clocks, flags: { flags }, observer: observer)
                let busy = try CheckRequest(identity: Self.busy, policy: .defaultValue)
                #expect(await limiter.check(busy, at: nil).isAllowed)
                redis.pause()
                // 1. One after the other, so that each finds its place or none: two are on their way, the rest is skipped.
                for count in 1...8 {
                    _ = await hybrid.check(busy)
                    try await until { observer.comparisons.count + limiter.health.pending == count }
                    try await until { hybrid.candidatesInFlight == min(count, 2) }
                }
                // 2. Another's comparison still finds a place.
                _ = await hybrid.check(try CheckRequest(identity: Self.other, policy: .defaultValue))
                try await until { limiter.health.pending == 3 }
                redis.resume()
                await observer.comparisons(reach: 9)
                let skipped = observer.comparisons.filter { $0.result == .incomparable(.skipped) }
                #expect(skipped.count == 6)
            }
        }
    }

    @Test("a caller whose decisions wait in vain for a slow Redis has failed attempts, and no breaker opens")
    func waitsInVain() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            settings.maximumInFlightPerIdentity = 1
            settings.breaker.failuresToOpen = 1
            try await withRedisLimiter(settings) { limiter in
                let busy = try CheckRequest(identity: Self.busy, policy: .defaultValue)
                #expect(await limiter.check(busy, at: nil).isAllowed)
                // Its caller may go on before its command is off the count.
                try await until { limiter.health.pending == 0 }
                redis.pause()
                let first = Task { await limiter.check(busy, at: nil) }
                try await until { limiter.health.pending == 1 }
                #expect(await limiter.check(busy, at: nil, deadline: .now()) == .unavailable(.timedOut))
                redis.resume()
                #expect(await first.value.judgedAt != nil)
                #expect(limiter.health.breaker == .closed && limiter.health.undecided == 1)
            }
        }
    }
}
