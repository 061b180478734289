import ParallaxCore
import ParallaxTesting
import Testing

/// A second control next to the first: what two equal limiters disagree about is noise.
@Suite struct SecondControlTests {
    private static let policy = try! Policy(windows: [Window(name: "minute", limit: 3, durationMilliseconds: 60_000)])
    private static let request = try! CheckRequest(identity: Identity(identifier: "a"), policy: policy)

    private static func comparisons(
        second: InMemoryLimiter?, clock: VirtualClock = VirtualClock(), candidate: any Limiter
    ) async -> [Comparison] {
        let observer = CollectingObserver()
        // The candidate is enforced, so that each request ends before the next.
        let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 100)
        let hybrid = HybridLimiter(
            control: InMemoryLimiter(), secondControl: second, candidate: candidate, clocks: clock.clocks,
            flags: { flags }, observer: observer)
        for _ in 0..<5 { _ = await hybrid.check(request) }
        return observer.comparisons
    }

    @Test("without a second control no noise is reported")
    func none() async {
        let comparisons = await Self.comparisons(second: nil, candidate: ScriptedLimiter.failing(.error))
        #expect(comparisons.count == 5)
        #expect(comparisons.allSatisfy { $0.secondControlAgreed == nil })
    }

    @Test("two equal limiters that are asked in the same order agree, whatever the candidate does")
    func agrees() async {
        let comparisons = await Self.comparisons(second: InMemoryLimiter(), candidate: ScriptedLimiter.failing(.error))
        #expect(comparisons.map(\.secondControlAgreed) == Array(repeating: true, count: 5))
    }

    @Test("a second control that is asked later, once the window has moved on, disagrees")
    func disagrees() async {
        let clock = VirtualClock()
        let candidate = ScriptedLimiter { _ in
            // Each answer takes so long that what came before has left the window.
            clock.advance(by: .seconds(61))
            return .unavailable(.timedOut)
        }
        let observer = CollectingObserver()
        let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 100)
        let second = InMemoryLimiter()
        // It has two units that control does not have.
        for _ in 0..<2 { _ = second.judge(Self.request, at: clock.clocks.now() + 61_000) }
        let hybrid = HybridLimiter(
            control: InMemoryLimiter(), secondControl: second, candidate: candidate, clocks: clock.clocks,
            flags: { flags }, observer: observer)
        _ = await hybrid.check(Self.request)
        #expect(observer.comparisons.map(\.secondControlAgreed) == [false])
    }

    @Test("an identity that is forgotten is forgotten by both")
    func forgets() async {
        let observer = CollectingObserver()
        let second = InMemoryLimiter()
        let clock = VirtualClock()
        let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 100)
        let hybrid = HybridLimiter(
            control: InMemoryLimiter(), secondControl: second, candidate: ScriptedLimiter.failing(.error),
            clocks: clock.clocks, flags: { flags }, observer: observer)
        for _ in 0..<3 { _ = await hybrid.check(Self.request) }
        hybrid.forget(Self.request.identity)
        #expect(second.look(Self.request, at: clock.clocks.now()).isAllowed)
        _ = await hybrid.check(Self.request)
        #expect(observer.comparisons.last?.secondControlAgreed == true)
    }
}
