import ParallaxCore
import ParallaxTesting
import Synchronization
import Testing

/// Identities that only control judges in hybrid, and callers who wait for the candidate.
@Suite struct HoldoutTests {
    private static let heldOut = request("user-1")
    private static let other = request("user-2")

    /// `user-1` lies at 6.59 of the hold-out, `user-2` at 54.68.
    private static func request(_ identifier: String) -> CheckRequest {
        try! CheckRequest(identity: Identity(identifier: identifier), policy: .defaultValue)
    }

    private static func makeHybrid(
        candidate: any Limiter, observer: CollectingObserver, clock: VirtualClock = VirtualClock(),
        holdoutPercent: Double = 10, isHybrid: Bool = true, enforcementPercent: Double = 100
    ) -> HybridLimiter {
        let flags = FlagValues(
            distributedEnabled: true, hybrid: isHybrid, failOpen: false, enforcementPercent: enforcementPercent)
        return HybridLimiter(
            control: InMemoryLimiter(), candidate: candidate, settings: .init(holdoutPercent: holdoutPercent),
            clocks: clock.clocks, flags: { flags }, observer: observer)
    }

    @Test("only control judges who is held out, also where the candidate would have been enforced")
    func heldOut() async {
        let asked = Mutex<[String]>([])
        let candidate = ScriptedLimiter { request in
            asked.withLock { $0.append(request.identity.identifier) }
            return .allowed(request)
        }
        let observer = CollectingObserver()
        let hybrid = Self.makeHybrid(candidate: candidate, observer: observer)
        let held = await hybrid.check(Self.heldOut)
        let judged = await hybrid.check(Self.other)
        #expect(held.isHeldOut && held.enforced == .control && !held.isStandIn && held.candidateWait == .zero)
        #expect(!judged.isHeldOut && judged.enforced == .candidate)
        #expect(asked.withLock { $0 } == ["user-2"])
        #expect(observer.heldOut == [held])
        #expect(observer.answers == [held, judged])
        #expect(observer.comparisons.map(\.identity.identifier) == ["user-2"])
        #expect(observer.attempts.count == 1)
    }

    @Test("in distributed_only no identity is held out, and at no share either", arguments: [true, false])
    func nobody(isHybrid: Bool) async {
        let observer = CollectingObserver()
        let hybrid = Self.makeHybrid(
            candidate: ScriptedLimiter { .allowed($0) }, observer: observer, holdoutPercent: isHybrid ? 0 : 50,
            isHybrid: isHybrid)
        let answer = await hybrid.check(Self.heldOut)
        #expect(!answer.isHeldOut && answer.enforced == .candidate)
        #expect(observer.heldOut.isEmpty)
    }

    @Test("an answer says how much longer its caller waited for the candidate", arguments: [true, false])
    func waits(isHybrid: Bool) async {
        let clock = VirtualClock()
        let candidate = ScriptedLimiter { request in
            clock.advance(by: .milliseconds(7))
            return .allowed(request)
        }
        let hybrid = Self.makeHybrid(
            candidate: candidate, observer: CollectingObserver(), clock: clock, isHybrid: isHybrid)
        #expect(await hybrid.check(Self.other).candidateWait == .milliseconds(7))
    }

    @Test("a stand-in's caller has waited for the candidate too")
    func standIn() async {
        let clock = VirtualClock()
        let candidate = ScriptedLimiter { _ in
            clock.advance(by: .milliseconds(250))
            return .unavailable(.timedOut)
        }
        let hybrid = Self.makeHybrid(candidate: candidate, observer: CollectingObserver(), clock: clock)
        let answer = await hybrid.check(Self.other)
        #expect(answer.isStandIn && answer.candidateWait == .milliseconds(250))
    }

    @Test("no caller waits for a candidate that runs next to the request, however long it takes")
    func besides() async {
        let observer = CollectingObserver()
        let hybrid = Self.makeHybrid(
            candidate: ScriptedLimiter.hanging, observer: observer, holdoutPercent: 0, enforcementPercent: 0)
        for _ in 0..<10 { #expect(await hybrid.check(Self.other).candidateWait == .zero) }
        #expect(hybrid.candidatesInFlight == 10)
        #expect(hybrid.waitingCallers == WaitingCallers.Ages())
    }

    @Test("a caller whose candidate never answers is seen for as long as it waits", arguments: [true, false])
    func neverAnswered(isHybrid: Bool) async throws {
        let clock = VirtualClock()
        let hybrid = Self.makeHybrid(
            candidate: ScriptedLimiter.hanging, observer: CollectingObserver(), clock: clock, isHybrid: isHybrid)
        let caller = Task { await hybrid.check(Self.other) }
        while hybrid.waitingCallers.samples.count == 0 { await Task.yield() }
        clock.advance(by: .seconds(30))
        let ages = hybrid.waitingCallers.samples
        #expect(ages.count == 1)
        #expect(abs(try #require(ages.quantile(0.5)) / .seconds(30) - 1) < 0.05)
        caller.cancel()
        _ = await caller.value
        #expect(hybrid.waitingCallers == WaitingCallers.Ages())
    }
}

extension Decision {
    /// The request's units were accepted; no window tells.
    fileprivate static func allowed(_ request: CheckRequest) -> Decision {
        Decision(outcome: .allowed, windows: [], retryAfterMilliseconds: 0, judgedAt: nil)
    }
}
