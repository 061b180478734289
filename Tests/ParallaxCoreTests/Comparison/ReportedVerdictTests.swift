import ParallaxCore
import ParallaxTesting
import Synchronization
import Testing

@Suite struct ReportedVerdictTests {
    private static let three = try! Policy(windows: [Window(name: "minute", limit: 3, durationMilliseconds: 60_000)])

    private static func request(_ identifier: String = "a") -> CheckRequest {
        try! CheckRequest(identity: Identity(identifier: identifier), policy: three)
    }

    private static func flags(_ strategy: Strategy, percent: Double = 0) -> FlagValues {
        FlagValues(
            distributedEnabled: strategy != .legacy, hybrid: strategy == .hybrid, failOpen: false,
            enforcementPercent: percent)
    }

    private let observer = CollectingObserver()
    private let clock = VirtualClock()
    private let asked = Counted()

    private func makeHybrid(
        _ strategy: Strategy, percent: Double = 0, candidate: Decision? = nil, failsClosed: Bool = false
    ) -> HybridLimiter {
        let (shared, asked, clock) = (InMemoryLimiter(), asked, clock)
        // Of the past, so that no memory is younger than a window.
        clock.advance(by: .seconds(120))
        let limiter = ScriptedLimiter { request in
            asked.add()
            return candidate ?? shared.judge(request, at: clock.now)
        }
        let hybrid = HybridLimiter(
            control: InMemoryLimiter(), candidate: limiter,
            settings: .init(failsClosed: failsClosed, windowNames: ["per_minute": "minute"]), clocks: clock.clocks,
            flags: { Self.flags(strategy, percent: percent) }, observer: observer)
        clock.advance(by: .seconds(120))
        return hybrid
    }

    @Test(
        "the enforced verdict is the report's on control's side and the candidate's on its own side",
        arguments: [
            (Strategy.legacy, 0, Side.control, 0), (.hybrid, 0, .control, 1), (.hybrid, 100, .candidate, 1),
            (.distributedOnly, 0, .candidate, 1),
        ])
    func enforcement(_ strategy: Strategy, _ percent: Double, _ side: Side, _ attempts: Int) async {
        let hybrid = makeHybrid(strategy, percent: percent)
        let answer = await hybrid.check(
            Self.request(), reported: ReportedVerdict(isAllowed: false, limitedBy: "minute"))
        if strategy == .hybrid { await observer.comparisons(reach: 1) }
        #expect(answer.enforced == side)
        #expect(answer.decision.isAllowed == (side == .candidate))
        #expect((answer.reported != nil) == (side == .control))
        #expect(asked.value == attempts)
        #expect(observer.comparisons.count == (strategy == .hybrid ? 1 : 0))
        #expect(observer.comparisons.allSatisfy { !$0.control.decision.isAllowed })
        #expect(observer.reports.count == (strategy == .distributedOnly ? 0 : 1))
        #expect(observer.ignoredReports == (strategy == .distributedOnly ? 1 : 0))
    }

    @Test(
        "the report stands in for a candidate that cannot answer, except if hybrid fails closed",
        arguments: [false, true], [false, true])
    func standsIn(_ failsClosed: Bool, _ isAllowed: Bool) async {
        let hybrid = makeHybrid(
            .hybrid, percent: 100, candidate: .unavailable(.timedOut), failsClosed: failsClosed)
        let answer = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: isAllowed))
        if failsClosed {
            #expect(answer.decision.outcome == .unavailable(.timedOut))
        } else {
            #expect(answer.isStandIn && answer.decision.isAllowed == isAllowed)
        }
    }

    @Test("in distributed_only a report is not enforced when Redis is down")
    func neverWithoutControl() async {
        let hybrid = makeHybrid(.distributedOnly, candidate: .unavailable(.disconnected))
        let answer = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: true))
        #expect(answer.decision.outcome == .unavailable(.disconnected))
        #expect(answer.enforced == .candidate)
    }

    @Test(
        "a final verdict is given back, compared and charged, whatever share is enforced",
        arguments: [(Strategy.hybrid, 100.0), (.hybrid, 0), (.distributedOnly, 0)])
    func final(_ strategy: Strategy, _ percent: Double) async throws {
        let hybrid = makeHybrid(strategy, percent: percent)
        let answer = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: false, isFinal: true))
        await observer.comparisons(reach: 1)
        #expect(answer.enforced == .control && !answer.decision.isAllowed)
        #expect(asked.value == 1)
        let comparison = try #require(observer.comparisons.first)
        #expect(comparison.enforced == .control)
        guard case .diverged(.newlyAllowed, _) = comparison.result else {
            Issue.record("\(comparison.result)")
            return
        }
    }

    @Test("a report's answer holds what was reported and waits as long as the model, at least a second")
    func answerHoldsTheReport() async throws {
        let hybrid = makeHybrid(.legacy)
        let told = await hybrid.check(
            Self.request(),
            reported: ReportedVerdict(isAllowed: false, limitedBy: "per_minute", retryAfterMilliseconds: 7))
        #expect(told.decision.retryAfterMilliseconds == 7)
        #expect(told.decision.outcome == .limited(by: "minute"))
        #expect(told.decision.windows.isEmpty)
        let untold = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: false))
        #expect(untold.decision.retryAfterMilliseconds == 1_000)
        for _ in 0..<3 { _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: true)) }
        let modelled = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: false))
        #expect(modelled.decision.retryAfterMilliseconds == 60_000)
    }

    @Test("the model follows the reports: what they say was accepted counts, and what they refused does not")
    func modelFollows() async {
        let hybrid = makeHybrid(.legacy)
        func report(_ isAllowed: Bool) async -> ReportedControl {
            _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: isAllowed))
            return observer.reports.last!
        }
        // 1. Refusals that the model would have allowed take nothing.
        for _ in 0..<5 { #expect(await report(false).model.isAllowed) }
        // 2. Three acceptances fill the window.
        for _ in 0..<3 { #expect(await report(true).modelAgrees) }
        #expect(await report(false).modelAgrees)
        // 3. One that the model would have refused counts all the same.
        let excess = await report(true)
        #expect(!excess.modelAgrees && excess.windows[0].used == 4)
        #expect(await report(false).model.windows[0].used == 4)
    }

    @Test(
        "a report that the model contradicts has the cause legacy_behaviour, also after an agreed fill",
        arguments: [true, false])
    func legacyBehaviour(_ allowsTooMuch: Bool) async throws {
        let hybrid = makeHybrid(.hybrid)
        let accepted = allowsTooMuch ? 3 : 1
        for _ in 0..<accepted { _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: true)) }
        await observer.comparisons(reach: accepted)
        _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: allowsTooMuch))
        await observer.comparisons(reach: accepted + 1)
        #expect(observer.comparisons.dropLast().allSatisfy { $0.result == .agreed })
        #expect(
            observer.comparisons.last?.result
                == .diverged(allowsTooMuch ? .newlyLimited : .newlyAllowed, .legacyBehaviour))
    }

    @Test("a report that counts from another limit than the configured one has the cause policy")
    func policy() async {
        let hybrid = makeHybrid(.hybrid)
        _ = await hybrid.check(
            Self.request(), reported: ReportedVerdict(isAllowed: false, limitedBy: "per_minute", limit: 1))
        await observer.comparisons(reach: 1)
        #expect(observer.comparisons.last?.result == .diverged(.newlyAllowed, .policy))
    }

    @Test("a refusal that the model cannot know of, since it is younger than the window, has the cause restart")
    func restart() async {
        let clock = clock
        let hybrid = HybridLimiter(
            control: InMemoryLimiter(), candidate: SharedLimiter(clock: { clock.now }), clocks: clock.clocks,
            flags: { Self.flags(.hybrid) }, observer: observer)
        clock.advance(by: .seconds(59))
        for count in 1...2 {
            _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: false))
            await observer.comparisons(reach: count)
            clock.advance(by: .seconds(2))
        }
        #expect(
            observer.comparisons.map(\.result) == [
                .diverged(.newlyAllowed, .restart), .diverged(.newlyAllowed, .legacyBehaviour),
            ])
    }

    @Test("what arrived late may have been judged that much earlier: within it the cause is boundary")
    func lateness() async {
        let hybrid = makeHybrid(.hybrid)
        let start = clock.now
        for _ in 0..<3 { _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: true)) }
        await observer.comparisons(reach: 3)
        // 1. Judged 500 ms before the window ends, allowed, and told 800 ms later.
        clock.advance(by: .milliseconds(60_300))
        _ = await hybrid.check(
            Self.request(), reported: ReportedVerdict(isAllowed: false, judgedAt: start + 59_500))
        await observer.comparisons(reach: 4)
        #expect(observer.reports.last?.modelAgrees == true && observer.reports.last?.latenessMilliseconds == 800)
        // 2. The model would have allowed it half a second later.
        _ = await hybrid.check(
            Self.request("b"), reported: ReportedVerdict(isAllowed: true, judgedAt: start + 60_300))
        await observer.comparisons(reach: 5)
        #expect(observer.comparisons.last?.result == .agreed)
    }

    @Test("a time further than 10 s from the instance's clock is ignored and counted", arguments: [-10_001, 10_001])
    func farTime(_ distance: Int64) async {
        let hybrid = makeHybrid(.legacy)
        let now = clock.now
        _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: true, judgedAt: now + distance))
        _ = await hybrid.check(
            Self.request(), reported: ReportedVerdict(isAllowed: true, judgedAt: now + distance.signum() * 10_000))
        #expect(observer.reports.map(\.hasIgnoredTime) == [true, false])
        #expect(observer.reports.map(\.time) == [now, now + distance.signum() * 10_000])
    }

    @Test("different_window is compared only if the report names a window of the policy")
    func differentWindow() async {
        let refusal = Decision(
            outcome: .limited(by: "hour"),
            windows: [WindowState(window: Self.three.windows[0], used: 3, reset: clock.now)],
            retryAfterMilliseconds: 5_000, judgedAt: clock.now)
        let hybrid = makeHybrid(.hybrid, candidate: refusal)
        for (count, name) in [nil, "quarter", "per_minute"].enumerated() {
            _ = await hybrid.check(Self.request(), reported: ReportedVerdict(isAllowed: false, limitedBy: name))
            await observer.comparisons(reach: count + 1)
        }
        let kinds = observer.comparisons.map { $0.reported?.uncomparedKind(with: $0.candidate.decision) }
        #expect(kinds == [.differentWindow, .differentWindow, nil])
        #expect(observer.comparisons.map { $0.result == .agreed } == [true, true, false])
    }

    @Test(
        "quota_drift is compared only if the report holds what remains",
        arguments: [(nil, true), (2, true), (0, false)])
    func quotaDrift(_ remaining: Int?, _ agrees: Bool) async {
        let hybrid = makeHybrid(.hybrid)
        _ = await hybrid.check(
            Self.request(), reported: ReportedVerdict(isAllowed: true, remaining: remaining, limit: 3))
        await observer.comparisons(reach: 1)
        let comparison = observer.comparisons[0]
        #expect(
            comparison.result == (agrees ? .agreed : .diverged(.quotaDrift, .legacyBehaviour)))
        #expect((comparison.reported?.uncomparedKind(with: comparison.candidate.decision) != nil) == (remaining == nil))
    }

    @Test("a false report changes nothing for another identity")
    func ownIdentityOnly() async {
        let hybrid = makeHybrid(.hybrid)
        for _ in 0..<9 { _ = await hybrid.check(Self.request("liar"), reported: ReportedVerdict(isAllowed: true)) }
        for _ in 0..<4 { _ = await hybrid.check(Self.request("honest")) }
        await observer.comparisons(reach: 13)
        #expect(observer.comparisons.filter { $0.identity.identifier == "honest" }.allSatisfy { $0.result == .agreed })
    }

    @Test(
        "acceptances without end are reported in bounded memory and never trap", arguments: LimiterAlgorithm.allCases)
    func boundedMemory(_ algorithm: LimiterAlgorithm) {
        let limiter = InMemoryLimiter(algorithm: algorithm, shardCount: 1)
        var now = Timestamp(milliseconds: 1_700_000_000_000)
        for _ in 0..<20_000 {
            _ = limiter.follow(Self.request(), isAllowed: true, at: now)
            now = now + 1
        }
        #expect(limiter.occupancy.bytes < 4_096)
        #expect(!limiter.follow(Self.request(), isAllowed: false, at: now).decision.isAllowed)
    }
}

/// A number that a scripted limiter counts up.
private final class Counted: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
}
