import ParallaxCore
import ParallaxTesting
import Synchronization
import Testing

@Suite struct HybridLimiterTests {
    private static let three = try! Policy(windows: [Window(name: "minute", limit: 3, durationMilliseconds: 60_000)])

    private static func request(_ identifier: String = "a") -> CheckRequest {
        try! CheckRequest(identity: Identity(identifier: identifier), policy: three)
    }

    private static func makeHybrid(
        candidate: any Limiter, observer: CollectingObserver, clock: VirtualClock = VirtualClock(),
        settings: HybridLimiter.Settings = .init(), flags: @escaping @Sendable () -> FlagValues = { .defaultValue }
    ) -> HybridLimiter {
        HybridLimiter(
            control: InMemoryLimiter(), candidate: candidate, settings: settings, clocks: clock.clocks, flags: flags,
            observer: observer)
    }

    @Test("legacy never asks the candidate")
    func legacy() async {
        let asked = Atomic<Int>(0)
        let candidate = ScriptedLimiter { _ in
            asked.add(1, ordering: .relaxed)
            return .unavailable(.error)
        }
        let observer = CollectingObserver()
        let flags = FlagValues(distributedEnabled: false, hybrid: true, failOpen: false, enforcementPercent: 100)
        let hybrid = Self.makeHybrid(candidate: candidate, observer: observer, flags: { flags })
        for _ in 0..<5 { #expect(await hybrid.check(Self.request()).enforced == .control) }
        #expect(observer.answers.map(\.decision.isAllowed) == [true, true, true, false, false])
        #expect(asked.load(ordering: .relaxed) == 0)
        #expect(observer.comparisons.isEmpty && observer.attempts.isEmpty)
    }

    @Test("distributed_only asks only the candidate, and its outage reaches the caller")
    func distributedOnly() async {
        let observer = CollectingObserver()
        let flags = FlagValues(distributedEnabled: true, hybrid: false, failOpen: false, enforcementPercent: 0)
        let hybrid = Self.makeHybrid(candidate: ScriptedLimiter.failing(.disconnected), observer: observer) { flags }
        let answer = await hybrid.check(Self.request())
        #expect(answer.strategy == .distributedOnly)
        #expect(answer.enforced == .candidate)
        #expect(answer.decision.outcome == .unavailable(.disconnected))
        #expect(observer.attempts.count == 1)
        #expect(observer.comparisons.isEmpty)
    }

    @Test(
        "the candidate's work runs on the executor given for it where no caller waits, and with the caller where one does",
        arguments: [(0.0, true), (100.0, false)])
    func executor(_ percent: Double, _ isBehind: Bool) async {
        let executor = CountingExecutor()
        let hybrid = HybridLimiter(
            control: InMemoryLimiter(), candidate: ScriptedLimiter.failing(.error), clocks: VirtualClock().clocks,
            flags: {
                FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: percent)
            }, observer: CollectingObserver(), executor: executor)
        _ = await hybrid.check(Self.request())
        #expect((executor.jobs.load(ordering: .relaxed) > 0) == isBehind)
    }

    @Test("in distributed_only a remembered refusal is the answer, and no attempt; in hybrid the memory is not used")
    func remembers() async {
        let refusal = Decision(
            outcome: .limited(by: "minute"), windows: [], retryAfterMilliseconds: 7,
            judgedAt: Timestamp(milliseconds: 1))
        for isHybrid in [false, true] {
            let memory = ScriptedMemory(refusal: refusal)
            let observer = CollectingObserver()
            let flags = FlagValues(
                distributedEnabled: true, hybrid: isHybrid, failOpen: false, enforcementPercent: 100)
            let hybrid = HybridLimiter(
                control: InMemoryLimiter(), candidate: ScriptedLimiter.failing(.error), refusals: memory,
                settings: .init(failsClosed: true), clocks: VirtualClock().clocks, flags: { flags },
                observer: observer)
            let known = await hybrid.check(Self.request("known"))
            let unknown = await hybrid.check(Self.request("unknown"))
            #expect(known.decision == (isHybrid ? .unavailable(.error) : refusal))
            #expect(known.enforced == .candidate)
            #expect(unknown.decision == .unavailable(.error))
            #expect(observer.attempts.count == (isHybrid ? 2 : 1))
            #expect(observer.answers.count == 2)
            #expect(memory.remembered.load(ordering: .relaxed) == (isHybrid ? 0 : 1))
        }
    }

    @Test("one instance whose sides share a clock never diverges")
    func oneInstance() async {
        let clock = VirtualClock()
        let observer = CollectingObserver()
        let shared = SharedLimiter(clock: { clock.now })
        let hybrid = Self.makeHybrid(candidate: shared, observer: observer, clock: clock)
        for step in 0..<400 {
            _ = await hybrid.check(Self.request("client-\(step % 7)"))
            await observer.comparisons(reach: step + 1)
            clock.advance(by: .milliseconds(step % 5 * 400))
        }
        #expect(observer.comparisons.allSatisfy { $0.result == .agreed })
        #expect(observer.comparisons.contains { !$0.control.decision.isAllowed })
    }

    @Test(
        "after the instance's clock, or Redis's, was ahead for a moment, what differs is put down to the clock",
        arguments: [true, false], [7_200_000, 3_000] as [Int64])
    func clockAheadForAMoment(_ isInstances: Bool, _ step: Int64) async {
        let (clock, other) = (VirtualClock(), VirtualClock())
        let observer = CollectingObserver()
        let hybrid = Self.makeHybrid(
            candidate: SharedLimiter(clock: { other.now }), observer: observer, clock: clock)
        func ask() async {
            _ = await hybrid.check(Self.request())
            await observer.comparisons(reach: observer.answers.count)
            for clock in [clock, other] { clock.advance(by: .seconds(1)) }
        }
        // 1. The window is full, seen alike by both.
        for _ in 0..<4 { await ask() }
        #expect(observer.comparisons.allSatisfy { $0.result == .agreed })
        // 2. Units are accepted by the clock that is ahead, or held by it.
        (isInstances ? clock : other).step(milliseconds: step)
        for _ in 0..<2 { await ask() }
        // 3. It is right again.
        (isInstances ? clock : other).step(milliseconds: -step)
        for _ in 0..<70 { await ask() }
        let causes = Set(
            observer.comparisons.compactMap { comparison -> DivergenceCause? in
                guard case .diverged(let kind, let cause) = comparison.result, kind != .quotaDrift else { return nil }
                return cause
            })
        // Three seconds move nothing in or out of a minute here.
        #expect(causes.contains(.clockSkew) == (step > Clocks.stepMilliseconds))
        #expect(causes.isSubset(of: [.clockSkew, .carriedOver, .boundary]))
    }

    @Test("a clock that steps back after the start does not make control younger than it is")
    func stepIsNoRestart() async {
        let clock = VirtualClock()
        let observer = CollectingObserver()
        let hybrid = Self.makeHybrid(
            candidate: SharedLimiter(clock: { clock.now }), observer: observer, clock: clock)
        clock.advance(by: .seconds(3_600))
        clock.step(milliseconds: -86_400_000)
        _ = await hybrid.check(Self.request())
        await observer.comparisons(reach: 1)
        #expect(observer.comparisons[0].evidence.controlRemembersSince == clock.now + -3_600_000)
    }

    @Test("a second instance's units make the candidate newly limit, and the cause says so")
    func twoInstances() async {
        let clock = VirtualClock()
        let shared = SharedLimiter(clock: { clock.now })
        let observers = [CollectingObserver(), CollectingObserver()]
        let instances = observers.map { Self.makeHybrid(candidate: shared, observer: $0, clock: clock) }
        for step in 0..<6 {
            #expect(await instances[step % 2].check(Self.request()).decision.isAllowed)
            await observers[step % 2].comparisons(reach: step / 2 + 1)
            clock.advance(by: .seconds(1))
        }
        let verdicts = observers.flatMap(\.comparisons).filter { $0.candidate.decision.limitingWindow != nil }
        #expect(verdicts.map(\.result) == Array(repeating: .diverged(.newlyLimited, .otherInstances), count: 3))
    }

    /// What a candidate can do wrong while control is enforced.
    enum Misbehaviour: CaseIterable {
        case fails
        case hangs
        case isSlow
        case liesThatAllIsRefused
        case liesAboutEverything

        var limiter: any Limiter {
            switch self {
            case .fails: return ScriptedLimiter.failing(.error)
            case .hangs: return ScriptedLimiter.hanging
            case .isSlow:
                return ScriptedLimiter { _ in
                    for _ in 0..<100 { await Task.yield() }
                    return .unavailable(.timedOut)
                }
            case .liesThatAllIsRefused:
                return ScriptedLimiter { request in
                    let states = request.policy.windows.map {
                        WindowState(window: $0, used: .max, reset: Timestamp(milliseconds: .max))
                    }
                    return Decision(
                        outcome: .limited(by: "minute"), windows: states, retryAfterMilliseconds: .max,
                        judgedAt: Timestamp(milliseconds: 0))
                }
            case .liesAboutEverything:
                return ScriptedLimiter { _ in
                    Decision(
                        outcome: .limited(by: "no such window"), windows: [], retryAfterMilliseconds: -1,
                        judgedAt: Timestamp(milliseconds: .max / 2))
                }
            }
        }
    }

    @Test(
        "nothing the candidate does changes or delays what control answers", .timeLimit(.minutes(1)),
        arguments: Misbehaviour.allCases)
    func misbehaviour(_ misbehaviour: Misbehaviour) async {
        let clock = VirtualClock()
        let observer = CollectingObserver()
        let hybrid = Self.makeHybrid(
            candidate: misbehaviour.limiter, observer: observer, clock: clock, settings: .init(maximumInFlight: 64))
        let alone = InMemoryLimiter()
        for step in 0..<4000 {
            let request = Self.request("client-\(step % 50)")
            let answer = await hybrid.check(request)
            #expect(answer.decision == alone.judge(request, at: clock.now))
            #expect(answer.enforced == .control)
            // The clock stands still unless this test moves it: an answer that waited for anything would hang here.
            #expect(answer.duration == .zero)
            clock.advance(by: .milliseconds(200))
        }
        if misbehaviour == .hangs {
            #expect(hybrid.candidatesInFlight == 64)
            // What is in flight for ever is not compared; all the rest is counted as skipped.
            #expect(observer.comparisons.count == 4000 - 64)
            #expect(observer.comparisons.allSatisfy { $0.result == .incomparable(.skipped) })
            #expect(observer.attempts.isEmpty)
        } else {
            await observer.comparisons(reach: 4000)
            #expect(observer.comparisons.count == 4000)
        }
    }

    @Test("where the candidate is enforced and cannot answer, control stands in")
    func standIn() async {
        let observer = CollectingObserver()
        let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 100)
        let hybrid = Self.makeHybrid(candidate: ScriptedLimiter.failing(.timedOut), observer: observer) { flags }
        let answer = await hybrid.check(Self.request())
        #expect(answer.isStandIn)
        #expect(answer.enforced == .control)
        #expect(answer.decision.isAllowed)
        #expect(observer.comparisons.map(\.result) == [.incomparable(.timedOut)])
    }

    @Test("a hybrid that fails closed gives the outage to the caller instead")
    func failsClosed() async {
        let observer = CollectingObserver()
        let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 100)
        let hybrid = Self.makeHybrid(
            candidate: ScriptedLimiter.failing(.timedOut), observer: observer, settings: .init(failsClosed: true)
        ) { flags }
        let answer = await hybrid.check(Self.request())
        #expect(!answer.isStandIn)
        #expect(answer.enforced == .candidate)
        #expect(answer.decision.outcome == .unavailable(.timedOut))
    }

    @Test("the enforced side is the candidate's for just the identities of the share")
    func share() async throws {
        let observer = CollectingObserver()
        let clock = VirtualClock()
        let flags = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 30)
        let hybrid = Self.makeHybrid(
            candidate: SharedLimiter(clock: { clock.now }), observer: observer, clock: clock
        ) { flags }
        for number in 0..<500 {
            let request = Self.request("client-\(number)")
            let expected: Side = IdentityShare.enforced.contains(request.identity, percent: 30) ? .candidate : .control
            #expect(await hybrid.check(request).enforced == expected)
        }
        let share = observer.answers.count { $0.enforced == .candidate }
        #expect((100...200).contains(share))
    }

    @Test("control that was passed by in distributed_only says since when it remembers again")
    func bypassedControl() async {
        let clock = VirtualClock()
        let observer = CollectingObserver()
        let isHybrid = Atomic<Bool>(false)
        let hybrid = Self.makeHybrid(
            candidate: SharedLimiter(clock: { clock.now }), observer: observer, clock: clock
        ) {
            FlagValues(
                distributedEnabled: true, hybrid: isHybrid.load(ordering: .relaxed), failOpen: false,
                enforcementPercent: 0)
        }
        for _ in 0..<3 { _ = await hybrid.check(Self.request()) }
        clock.advance(by: .seconds(5))
        isHybrid.store(true, ordering: .relaxed)
        _ = await hybrid.check(Self.request())
        await observer.comparisons(reach: 1)
        #expect(observer.comparisons[0].evidence.controlRemembersSince == clock.now)
    }

    @Test("an identity that is forgotten starts again")
    func forget() async {
        let clock = VirtualClock()
        let observer = CollectingObserver()
        let hybrid = Self.makeHybrid(
            candidate: ScriptedLimiter.failing(.error), observer: observer, clock: clock)
        for _ in 0..<4 { _ = await hybrid.check(Self.request()) }
        #expect(hybrid.forget(Self.request().identity))
        #expect(!hybrid.forget(Self.request().identity))
        #expect(await hybrid.check(Self.request()).decision.isAllowed)
    }
}

/// Remembers one refusal of the identity `known`.
private final class ScriptedMemory: RefusalMemory {
    let remembered = Atomic<Int>(0)
    private let refusal: Decision

    init(refusal: Decision) {
        self.refusal = refusal
    }

    func refusal(of request: CheckRequest) -> Decision? {
        request.identity.identifier == "known" ? refusal : nil
    }

    func remembering(_ request: CheckRequest, _ ask: () async -> Decision) async -> Decision {
        remembered.add(1, ordering: .relaxed)
        return await ask()
    }
}

/// Runs tasks as the runtime would, and counts how often.
private final class CountingExecutor: TaskExecutor {
    let jobs = Atomic<Int>(0)

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(1, ordering: .relaxed)
        globalConcurrentExecutor.enqueue(job)
    }
}
