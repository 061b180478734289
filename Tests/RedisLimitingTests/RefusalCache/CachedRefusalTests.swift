import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

@Suite struct CachedRefusalTests {
    private static let second = Window(name: "second", limit: 2, durationMilliseconds: 1_000)
    private static let minute = Window(name: "minute", limit: 9, durationMilliseconds: 60_000)
    private static let policy = try! Policy(windows: [second, minute])
    private static let judgedAt = Timestamp(milliseconds: 1_000_000)

    private static func request(cost: Int = 1, _ policy: Policy = policy) -> CheckRequest {
        try! CheckRequest(identity: Identity(identifier: "caller"), policy: policy, cost: cost)
    }

    /// A refusal judged at 1,000,000, with the used units and the milliseconds to the reset of each window.
    private static func refusal(wait: Int64, _ states: (used: Int, reset: Int64)...) -> Decision {
        Decision(
            outcome: .limited(by: "second"),
            windows: zip(policy.windows, states).map { window, state in
                WindowState(window: window, used: state.used, reset: judgedAt + state.reset)
            }, retryAfterMilliseconds: wait, judgedAt: judgedAt)
    }

    private static func stand(
        _ decision: Decision, cost: Int = 1, travel: Duration = .zero
    ) -> CachedRefusal? {
        CachedRefusal(
            of: request(cost: cost), decision, askedAt: .seconds(100), answeredAt: .seconds(100) + travel)
    }

    @Test("it answers what Redis would: the wait shorter, the time later, the windows as they were")
    func movesOn() throws {
        let decision = Self.refusal(wait: 800, (2, 800), (5, 40_000))
        let refusal = try #require(Self.stand(decision))
        #expect(refusal.answer(to: Self.request(), at: .seconds(100)) == decision)
        let later = try #require(refusal.answer(to: Self.request(), at: .milliseconds(100_301)))
        #expect(later.outcome == .limited(by: "second"))
        #expect(later.retryAfterMilliseconds == 499)
        #expect(later.judgedAt == Self.judgedAt + 301)
        #expect(later.windows == decision.windows)
    }

    @Test("an empty window resets at the time of the answer")
    func movesEmptyWindows() throws {
        let refusal = try #require(Self.stand(Self.refusal(wait: 800, (2, 800), (0, 0))))
        let later = try #require(refusal.answer(to: Self.request(), at: .milliseconds(100_300)))
        #expect(later.windows[1].reset == Self.judgedAt + 300)
        #expect(later.windows[0].reset == Self.judgedAt + 800)
    }

    @Test("it ends before the wait does, by a millisecond and by what two clocks may run apart")
    func endsInTime() throws {
        let refusal = try #require(Self.stand(Self.refusal(wait: 1_002, (2, 1_002), (5, 40_000))))
        #expect(refusal.answer(to: Self.request(), at: .seconds(101)) != nil)
        #expect(refusal.answer(to: Self.request(), at: .seconds(101) + .nanoseconds(1)) == nil)
    }

    @Test("the way to Redis and back is taken off its time, and not off the wait that a caller is told")
    func countsFromTheQuestion() throws {
        let refusal = try #require(
            Self.stand(Self.refusal(wait: 1_002, (2, 1_002), (5, 40_000)), travel: .milliseconds(400)))
        let answer = try #require(refusal.answer(to: Self.request(), at: .seconds(101)))
        // Redis judged at some time of the 400 ms; a caller who waits 402 ms is not too early whenever that was.
        #expect(answer.retryAfterMilliseconds == 402)
        #expect(answer.judgedAt == Self.judgedAt + 600)
        #expect(refusal.answer(to: Self.request(), at: .seconds(101) + .nanoseconds(1)) == nil)
    }

    @Test("it ends when the first unit leaves any window, since remaining grows there")
    func endsWithTheFirstReset() throws {
        let refusal = try #require(Self.stand(Self.refusal(wait: 40_000, (1, 51), (9, 40_000))))
        #expect(refusal.answer(to: Self.request(), at: .milliseconds(100_049)) != nil)
        #expect(refusal.answer(to: Self.request(), at: .milliseconds(100_050)) == nil)
    }

    @Test("another cost or policy is another question", arguments: [0, 2])
    func othersAreAsked(_ cost: Int) throws {
        let refusal = try #require(Self.stand(Self.refusal(wait: 800, (2, 800), (5, 40_000))))
        #expect(refusal.answer(to: Self.request(cost: cost), at: .seconds(100)) == nil)
        let other = try Policy(windows: [Self.second])
        #expect(refusal.answer(to: Self.request(cost: 1, other), at: .seconds(100)) == nil)
    }

    @Test("what can change at any time does not stand")
    func refusesOthers() throws {
        // No window is full: one unit may be accepted, and two then wait longer.
        #expect(Self.stand(Self.refusal(wait: 800, (1, 800), (5, 40_000)), cost: 2) == nil)
        // A window is full: nothing is accepted, so two units wait as long as Redis says.
        #expect(Self.stand(Self.refusal(wait: 800, (2, 700), (5, 40_000)), cost: 2) != nil)
        // Overdrawn: units leave before the reset.
        #expect(Self.stand(Self.refusal(wait: 800, (3, 800), (5, 40_000))) == nil)
        // Looking is for those who want to know.
        #expect(Self.stand(Self.refusal(wait: 800, (2, 800), (5, 40_000)), cost: 0) == nil)
        // A millisecond is within what Redis's clock leaves open.
        #expect(Self.stand(Self.refusal(wait: 1, (2, 1), (5, 40_000))) == nil)
        let allowed = Decision(
            outcome: .allowed, windows: Self.refusal(wait: 0, (2, 800), (5, 40_000)).windows,
            retryAfterMilliseconds: 0, judgedAt: Self.judgedAt)
        #expect(Self.stand(allowed) == nil)
        #expect(Self.stand(.unavailable(.timedOut)) == nil)
    }

    @Test("whatever others ask meanwhile, a standing refusal is what the limiter itself would answer")
    func equalsTheReference() throws {
        var repeated = 0
        for index in 0..<300 {
            var trace = RandomTrace(
                identifier: "id", seed: TestSeed.current &+ UInt64(index), changesPolicy: false, stepsBack: false)
            let reference = ReferenceLimiter()
            var standing: (refusal: CachedRefusal, request: CheckRequest, askedAt: Timestamp)?
            var answer: Decision?
            for _ in 0..<100 {
                let question = trace.next(after: answer)
                if let kept = standing {
                    let repetition = kept.refusal.answer(
                        to: kept.request, at: .milliseconds(question.now - kept.askedAt))
                    let truth = repetition.map { _ in reference.judge(kept.request, at: question.now) }
                    try #require(repetition == truth, "\(TestSeed.remedy)")
                    if repetition != nil { repeated += 1 }
                }
                let decision = reference.judge(question.request, at: question.now)
                if let refusal = CachedRefusal(
                    of: question.request, decision, askedAt: .zero, answeredAt: .zero)
                {
                    standing = (refusal, question.request, question.now)
                }
                answer = decision
            }
        }
        #expect(repeated > 3_000, "\(repeated) repetitions prove little; \(TestSeed.remedy)")
    }
}
