import ParallaxCore
import ParallaxTesting
import Testing

/// The algorithms of people's legacy limiters, each held against its own definition.
@Suite struct WindowCountersTests {
    private static let policy = try! Policy(windows: [
        Window(name: "short", limit: 4, durationMilliseconds: 1000),
        Window(name: "long", limit: 10, durationMilliseconds: 10_000),
    ])

    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("a fixed window lets twice the limit through around its edge, as such limiters do")
    func fixedWindowEdge() {
        var state = WindowCounters<FixedWindowCounter>()
        for at in [990, 991, 992, 993, 1000, 1001, 1002, 1003] as [Int64] {
            #expect(state.decide(Self.policy, cost: 1, at: Self.time(at)).isAllowed)
        }
        let refused = state.decide(Self.policy, cost: 1, at: Self.time(1004))
        #expect(refused.outcome == .limited(by: "short"))
        #expect(refused.retryAfterMilliseconds == 996)
    }

    @Test("a token bucket refills steadily")
    func tokenBucketRefill() {
        var state = WindowCounters<TokenBucketCounter>()
        for _ in 0..<4 { #expect(state.decide(Self.policy, cost: 1, at: Self.time(0)).isAllowed) }
        #expect(state.decide(Self.policy, cost: 1, at: Self.time(249)).retryAfterMilliseconds == 1)
        #expect(state.decide(Self.policy, cost: 1, at: Self.time(250)).isAllowed)
    }

    @Test("a sliding counter weighs the bucket before by its overlap")
    func slidingCounterWeight() {
        var state = WindowCounters<SlidingCounter>()
        for _ in 0..<4 { #expect(state.decide(Self.policy, cost: 1, at: Self.time(0)).isAllowed) }
        #expect(state.decide(Self.policy, cost: 0, at: Self.time(1500)).windows[0].used == 2)
        #expect(state.decide(Self.policy, cost: 0, at: Self.time(1750)).windows[0].used == 1)
        #expect(state.decide(Self.policy, cost: 0, at: Self.time(2000)).windows[0].used == 0)
    }

    @Test(
        "the promised wait is exact: refused a millisecond earlier, accepted at it",
        arguments: [LimiterAlgorithm.fixedWindow, .slidingCounter, .tokenBucket], 1...5 as ClosedRange<UInt64>)
    func exactWait(_ algorithm: LimiterAlgorithm, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let limiter = InMemoryLimiter(algorithm: algorithm)
        let identity = try Identity(identifier: "a")
        var now: Int64 = 1_000_000
        var refusals = 0
        for _ in 0..<2000 {
            now += Int64.random(in: 0...300, using: &random)
            let request = try CheckRequest(
                identity: identity, policy: Self.policy, cost: Int.random(in: 1...4, using: &random))
            let decision = limiter.judge(request, at: Self.time(now))
            guard !decision.isAllowed else { continue }
            refusals += 1
            let wait = decision.retryAfterMilliseconds
            #expect(wait > 0)
            #expect(!limiter.judge(request, at: Self.time(now + wait - 1)).isAllowed, "seed \(seed)")
            now += wait
            #expect(limiter.judge(request, at: Self.time(now)).isAllowed, "seed \(seed)")
        }
        #expect(refusals > 100)
    }

    @Test(
        "remaining grows at the promised reset and not before",
        arguments: [LimiterAlgorithm.fixedWindow, .slidingCounter, .tokenBucket])
    func exactReset(_ algorithm: LimiterAlgorithm) throws {
        var random = SplitMix64(seed: 7)
        let limiter = InMemoryLimiter(algorithm: algorithm)
        let identity = try Identity(identifier: "a")
        let look = try CheckRequest(identity: identity, policy: Self.policy, cost: 0)
        let take = try CheckRequest(identity: identity, policy: Self.policy, cost: 1)
        var now: Int64 = 1_000_000
        for _ in 0..<500 {
            now += Int64.random(in: 0...300, using: &random)
            let state = limiter.judge(take, at: Self.time(now)).windows[0]
            guard state.used > 0 else { continue }
            let before = limiter.judge(look, at: state.reset + -1).windows[0]
            #expect(before.remaining == state.remaining)
            now = state.reset.milliseconds
            #expect(limiter.judge(look, at: state.reset).windows[0].remaining > state.remaining)
        }
    }

    @Test("a refusal takes from no window", arguments: LimiterAlgorithm.allCases)
    func allOrNothing(_ algorithm: LimiterAlgorithm) throws {
        let limiter = InMemoryLimiter(algorithm: algorithm)
        let identity = try Identity(identifier: "a")
        let request = try CheckRequest(identity: identity, policy: Self.policy, cost: 3)
        #expect(limiter.judge(request, at: Self.time(0)).isAllowed)
        let refused = limiter.judge(request, at: Self.time(1))
        #expect(refused.outcome == .limited(by: "short"))
        #expect(refused.windows.map(\.used) == [3, 3])
    }

    @Test("a changed limit applies at once to what is already counted", arguments: LimiterAlgorithm.allCases)
    func changedLimit(_ algorithm: LimiterAlgorithm) throws {
        let limiter = InMemoryLimiter(algorithm: algorithm)
        let identity = try Identity(identifier: "a")
        func policy(_ limit: Int) throws -> Policy {
            try Policy(windows: [Window(name: "w", limit: limit, durationMilliseconds: 10_000)])
        }
        let strict = try CheckRequest(identity: identity, policy: policy(2), cost: 1)
        let loose = try CheckRequest(identity: identity, policy: policy(3), cost: 1)
        #expect(limiter.judge(loose, at: Self.time(1)).isAllowed)
        #expect(limiter.judge(loose, at: Self.time(2)).isAllowed)
        #expect(!limiter.judge(strict, at: Self.time(3)).isAllowed)
        #expect(limiter.judge(loose, at: Self.time(4)).isAllowed)
    }

    @Test(
        "a clock that was two hours ahead and stepped back holds no caller for longer than two windows",
        arguments: LimiterAlgorithm.allCases)
    func stepBack(_ algorithm: LimiterAlgorithm) throws {
        let limiter = InMemoryLimiter(algorithm: algorithm)
        let window = Window(name: "minute", limit: 4, durationMilliseconds: 60_000)
        let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: Policy(windows: [window]))
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        for _ in 0..<4 { #expect(limiter.judge(request, at: now + 7_200_000).isAllowed) }
        // What was accepted counts on, and is gone after two windows whatever the algorithm.
        let refused = limiter.judge(request, at: now)
        #expect(!refused.isAllowed && refused.stepBackMilliseconds == 7_200_000)
        #expect((1...120_000).contains(refused.retryAfterMilliseconds))
        let whole = try CheckRequest(identity: request.identity, policy: request.policy, cost: 4)
        #expect(limiter.judge(whole, at: now + 120_000).isAllowed)
    }
}
