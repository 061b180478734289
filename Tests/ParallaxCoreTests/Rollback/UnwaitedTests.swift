import ParallaxCore
import Testing

/// Slow callers, none of which waits for the candidate.
@Suite struct UnwaitedTests {
    /// Three hundred answers five times slower than the baseline, of which some waited.
    private func evaluate(
        _ strategy: Strategy = .hybrid, waited: Int = 0, waiting: LatencyHistogram = LatencyHistogram(),
        application: Bool = false, _ settings: RollbackSettings = RollbackSettings()
    ) -> Evaluation {
        var trigger = ResponseTimeTrigger(settings: settings)
        trigger.count(LatencyHistogram(), at: .at(0))
        var times = ResponseTimes()
        for number in 0..<300 {
            times.inPlay.record(
                .milliseconds(application ? 10 : 50), wait: number < waited ? .milliseconds(1) : .zero)
        }
        trigger.count(times, from: .service, at: .at(100))
        var baseline = Baseline.frozen(.milliseconds(10))
        if application {
            var slow = ResponseTimes()
            for _ in 0..<300 { slow.inPlay.times.record(.milliseconds(500)) }
            trigger.count(slow, from: .application, at: .at(100))
            var fast = LatencyHistogram()
            for _ in 0..<5_000 { fast.record(.milliseconds(100)) }
            baseline.learn(
                fast, from: .application, at: ClockReading.at(0).wall,
                settings: .with {
                    $0.baselineMinimumSamples = 1
                    $0.baselineMinimumSeconds = 0
                })
        }
        return trigger.evaluate(at: .at(100), baseline: baseline, waiting: waiting, strategy: strategy)
    }

    @Test("in hybrid they are suspect and held back, and the sentence says why", arguments: [false, true])
    func heldBack(application: Bool) {
        let evaluation = evaluate(application: application)
        #expect(evaluation.state == .suspect)
        #expect(evaluation.isHeldBack)
        #expect(evaluation.sentence.contains("a rollback would not shorten any wait, so nothing is rolled back"))
    }

    @Test("one caller who waits, or waited, lets the rule fire", arguments: [false, true])
    func oneWaits(isWaiting: Bool) {
        var waiting = LatencyHistogram()
        if isWaiting { waiting.record(.milliseconds(1)) }
        let evaluation = evaluate(waited: isWaiting ? 0 : 1, waiting: waiting)
        #expect(evaluation.state == .firing)
        #expect(!evaluation.isHeldBack)
    }

    @Test("a hold-out that is faster at the same time lets the rule fire, and so it is judged again")
    func holdout() {
        var trigger = ResponseTimeTrigger(settings: .with { $0.baselineHoldoutPercent = 5 })
        trigger.count(LatencyHistogram(), at: .at(0))
        var times = ResponseTimes()
        for _ in 0..<300 {
            times.inPlay.record(.milliseconds(50), wait: .zero)
            times.heldOut.record(.milliseconds(10))
        }
        trigger.count(times, from: .service, at: .at(100))
        let evaluation = trigger.evaluate(at: .at(100), baseline: Baseline())
        #expect(evaluation.state == .firing)
        #expect(evaluation.rejudged(with: .init()) == evaluation)
    }

    @Test("in distributed_only, and by setting in hybrid, they fire")
    func literal() {
        #expect(evaluate(.distributedOnly).state == .firing)
        #expect(evaluate(.with { $0.responseTimeUnwaited = true }).state == .firing)
    }

    @Test("what is stored is judged again with the other rule, and as it was without a change")
    func rejudged() {
        for application in [false, true] {
            let stored = evaluate(application: application)
            #expect(stored.rejudged(with: .init()) == stored)
            guard let literal = stored.rejudged(with: .with { $0.responseTimeUnwaited = true }) else {
                Issue.record("nothing was told")
                return
            }
            #expect(literal.state == .firing)
        }
        let fired = evaluate(.with { $0.responseTimeUnwaited = true })
        guard let careful = fired.rejudged(with: .with { $0.responseTimeUnwaited = false }) else {
            Issue.record("nothing was told")
            return
        }
        #expect(careful.state == .suspect)
    }

    private func evaluate(_ settings: RollbackSettings) -> Evaluation { evaluate(.hybrid, settings) }
}
