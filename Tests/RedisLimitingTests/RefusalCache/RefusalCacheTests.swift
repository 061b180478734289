import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

@Suite struct RefusalCacheTests {
    private static let policy = try! Policy(windows: [Window(name: "hour", limit: 1, durationMilliseconds: 3_600_000)])

    private static func request(_ identifier: String) -> CheckRequest {
        try! CheckRequest(identity: Identity(identifier: identifier), policy: policy)
    }

    /// A refusal for an hour.
    private static func refusal(at clock: VirtualClock) -> Decision {
        Decision(
            outcome: .limited(by: "hour"),
            windows: [WindowState(window: policy.windows[0], used: 1, reset: clock.now + 3_600_000)],
            retryAfterMilliseconds: 3_600_000, judgedAt: clock.now)
    }

    private static func makeCache(_ clock: VirtualClock, maximum: Int = 100) -> RefusalCache {
        RefusalCache(maximumIdentities: maximum, lease: .seconds(3), uptime: { clock.uptime })
    }

    private static func keep(_ identifier: String, in cache: RefusalCache, _ clock: VirtualClock) async {
        _ = await cache.remembering(request(identifier)) { refusal(at: clock) }
    }

    @Test("nothing is kept or repeated before the subscription to resets was heard")
    func needsSubscription() async {
        let clock = VirtualClock()
        let cache = Self.makeCache(clock)
        await Self.keep("a", in: cache, clock)
        cache.heard(askedAt: .zero)
        #expect(cache.refusal(of: Self.request("a")) == nil)
        await Self.keep("a", in: cache, clock)
        #expect(cache.refusal(of: Self.request("a")) == Self.refusal(at: clock))
        #expect(cache.refusal(of: Self.request("b")) == nil)
        #expect(cache.health == RefusalCacheHealth(isInUse: true, identities: 1, evictions: 0, refusals: 1))
    }

    @Test("when the subscription is lost all is forgotten, and nothing from before comes back with it")
    func lost() async {
        let clock = VirtualClock()
        let cache = Self.makeCache(clock)
        cache.heard(askedAt: .zero)
        await Self.keep("a", in: cache, clock)
        cache.lost()
        #expect(cache.refusal(of: Self.request("a")) == nil)
        #expect(cache.health.identities == 0 && !cache.health.isInUse)
        cache.heard(askedAt: .zero)
        #expect(cache.refusal(of: Self.request("a")) == nil)
    }

    @Test("a subscription that is not heard for its lease is trusted no longer, and again once it is heard")
    func lease() async {
        let clock = VirtualClock()
        let cache = Self.makeCache(clock)
        cache.heard(askedAt: .zero)
        await Self.keep("a", in: cache, clock)
        clock.advance(by: .milliseconds(2_999))
        #expect(cache.refusal(of: Self.request("a")) != nil)
        clock.advance(by: .milliseconds(1))
        #expect(cache.refusal(of: Self.request("a")) == nil)
        // An answer to a question of long ago proves nothing about now.
        cache.heard(askedAt: .zero)
        #expect(cache.refusal(of: Self.request("a")) == nil)
        cache.heard(askedAt: clock.uptime)
        #expect(cache.refusal(of: Self.request("a")) != nil)
    }

    @Test("an answer is not kept where a reset, or the loss of the subscription, came while it was on its way")
    func resetOvertakes() async throws {
        let clock = VirtualClock()
        let interruptions: [@Sendable (RefusalCache) -> Void] = [
            { $0.reset(.identity(Self.request("a").identity)) }, { $0.reset(.identity(Self.request("b").identity)) },
            { $0.lost() },
            {
                $0.lost()
                $0.heard(askedAt: .zero)
            },
        ]
        for interrupt in interruptions {
            let cache = Self.makeCache(clock)
            cache.heard(askedAt: .zero)
            _ = await cache.remembering(Self.request("a")) {
                interrupt(cache)
                return Self.refusal(at: clock)
            }
            #expect(cache.refusal(of: Self.request("a")) == nil)
        }
    }

    @Test("a reset forgets its identity and no other")
    func reset() async {
        let clock = VirtualClock()
        let cache = Self.makeCache(clock)
        cache.heard(askedAt: .zero)
        await Self.keep("a", in: cache, clock)
        await Self.keep("b", in: cache, clock)
        cache.reset(.identity(Self.request("a").identity))
        #expect(cache.refusal(of: Self.request("a")) == nil)
        #expect(cache.refusal(of: Self.request("b")) != nil)
    }

    @Test("another answer of Redis about the identity puts an end to what was kept; no answer at all does not")
    func laterAnswers() async throws {
        let clock = VirtualClock()
        let cache = Self.makeCache(clock)
        cache.heard(askedAt: .zero)
        await Self.keep("a", in: cache, clock)
        _ = await cache.remembering(Self.request("a")) { .unavailable(.timedOut) }
        #expect(cache.refusal(of: Self.request("a")) != nil)
        let other = try CheckRequest(
            identity: Self.request("a").identity,
            policy: Policy(windows: [Window(name: "hour", limit: 2, durationMilliseconds: 3_600_000)]))
        _ = await cache.remembering(other) {
            Decision(outcome: .allowed, windows: [], retryAfterMilliseconds: 0, judgedAt: clock.now)
        }
        #expect(cache.refusal(of: Self.request("a")) == nil)
    }

    @Test("a hundred thousand invented identities leave no more than the bound", arguments: [1_000, 8_192])
    func bounded(_ maximum: Int) async {
        let clock = VirtualClock()
        let cache = Self.makeCache(clock, maximum: maximum)
        cache.heard(askedAt: .zero)
        for index in 0..<100_000 { await Self.keep("invented-\(index)", in: cache, clock) }
        let health = cache.health
        #expect(health.identities <= maximum)
        #expect(health.identities > maximum / 2)
        #expect(health.evictions == 100_000 - health.identities)
    }

    @Test("the least recently asked goes first")
    func leastRecentlyUsed() async {
        let clock = VirtualClock()
        let cache = Self.makeCache(clock, maximum: 3)
        cache.heard(askedAt: .zero)
        for identifier in ["a", "b", "c"] { await Self.keep(identifier, in: cache, clock) }
        #expect(cache.refusal(of: Self.request("a")) != nil)
        await Self.keep("d", in: cache, clock)
        #expect(cache.refusal(of: Self.request("b")) == nil)
        for identifier in ["a", "c", "d"] { #expect(cache.refusal(of: Self.request(identifier)) != nil) }
    }
}
