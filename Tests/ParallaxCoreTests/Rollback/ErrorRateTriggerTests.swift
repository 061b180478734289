import Testing

@testable import ParallaxCore

@Suite struct ErrorRateTriggerTests {
    /// A trigger that has watched long enough, with counts of the last second and of an earlier one outside the short
    /// window.
    private func trigger(
        earlier: AttemptTally = AttemptTally(), now: AttemptTally, settings: RollbackSettings = RollbackSettings()
    ) -> ErrorRateTrigger {
        var trigger = ErrorRateTrigger(settings: settings)
        trigger.count(earlier, at: .at(0))
        trigger.count(now, at: .at(200))
        return trigger
    }

    @Test(
        "the short window's rate must exceed 5 %, and 5 % is not enough",
        arguments: [(5, TriggerState.suspect), (6, .firing)])
    func shortThreshold(errors: Int, state: TriggerState) {
        var trigger = trigger(
            earlier: AttemptTally(decided: 800, errors: 200), now: AttemptTally(decided: 100 - errors, errors: errors))
        #expect(trigger.read(at: .at(200)).state == state)
    }

    @Test("the lower bound must exceed the limit, and equal to it is not enough")
    func boundThreshold() {
        let counts = AttemptTally(decided: 920, errors: 80)
        let bound = WilsonBound.lower(successes: 80, trials: 1_000, deviations: 3.0902) * 100
        var equal = trigger(now: counts, settings: .with { $0.errorRatePercent = bound })
        var above = trigger(now: counts, settings: .with { $0.errorRatePercent = bound.nextDown })
        #expect(equal.read(at: .at(200)).state == .suspect)
        #expect(above.read(at: .at(200)).state == .firing)
    }

    @Test("99 attempts say nothing and 100 do", arguments: [(99, TriggerState.inconclusive), (100, .firing)])
    func minimum(attempts: Int, state: TriggerState) {
        var trigger = trigger(now: AttemptTally(errors: attempts))
        #expect(trigger.read(at: .at(200)).state == state)
    }

    @Test("it is warming until the short window has filled", arguments: [(59, TriggerState.warming), (60, .firing)])
    func warming(second: Int, state: TriggerState) {
        var trigger = ErrorRateTrigger(settings: RollbackSettings())
        for second in 0...second { trigger.count(AttemptTally(errors: 10), at: .at(Double(second))) }
        #expect(trigger.read(at: .at(Double(second))).state == state)
    }

    @Test("an error that is over no longer fires")
    func over() {
        var trigger = trigger(now: AttemptTally(errors: 500))
        trigger.count(AttemptTally(decided: 500), at: .at(260))
        #expect(trigger.read(at: .at(260)).state == .suspect)
        trigger.count(AttemptTally(decided: 500), at: .at(500))
        #expect(trigger.read(at: .at(500)).state == .ok)
    }

    @Test("outages are neither errors nor attempts, unless a setting makes them both", arguments: [false, true])
    func outages(counted: Bool) {
        var trigger = trigger(
            now: AttemptTally(decided: 500, errors: 1, outages: 499),
            settings: .with { $0.outagesAsErrors = counted })
        let reading = trigger.read(at: .at(200))
        #expect(reading.long == .init(errors: counted ? 500 : 1, attempts: counted ? 1_000 : 501))
        #expect(reading.state == (counted ? .firing : .ok))
        #expect(reading.outages == 499)
    }

    @Test("it says the rate, its bound, the limit, the window and the attempts")
    func sentence() {
        var trigger = ErrorRateTrigger(settings: RollbackSettings())
        trigger.attempt(failed: false, at: .at(0))
        trigger.count(AttemptTally(decided: 28_994, errors: 2_487), at: .at(250))
        let evaluation = trigger.evaluate(at: .at(299))
        #expect(
            evaluation.sentence
                == "error rate 7.9 % (lower bound 7.4 %, limit 5 %) over 299 s, 31,482 attempts")
        #expect(evaluation.numbers["errors"] == 2_487)
        #expect(evaluation.numbers["shortAttempts"] == 31_481)
        trigger.restart()
        #expect(trigger.evaluate(at: .at(300)).sentence == "counting for 0 of the first 60 s, 0 attempts")
        #expect(
            trigger.evaluate(at: .at(400)).sentence == "0 attempts in 100 s; an error rate needs at least 100")
    }
}
