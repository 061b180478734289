import ParallaxCore
import Testing

/// Whether a trigger could fire, and what is missing if not.
@Suite struct ArmedTests {
    /// Drives an evaluator for some seconds with twenty answers in each.
    private func drive(
        _ evaluator: inout RollbackEvaluator, _ seconds: Range<Int>, _ strategy: Strategy
    ) -> [Evaluation] {
        var waits = LatencyHistogram()
        for _ in 0..<20 { waits.record(.milliseconds(10)) }
        for second in seconds {
            let now = ClockReading.at(Double(second))
            evaluator.probe(success: true, at: now)
            if strategy != .legacy { evaluator.count(AttemptTally(decided: 20), at: now) }
            evaluator.count(waits, isControlOnly: strategy == .legacy, at: now)
            if second % 10 == 0 { _ = evaluator.evaluate(at: now, strategy: strategy) }
        }
        return evaluator.evaluate(at: .at(Double(seconds.upperBound)), strategy: strategy).evaluations
    }

    @Test("in legacy response times wait for a baseline and say for how long, and the error rate for nothing")
    func legacy() throws {
        var evaluator = try RollbackEvaluator()
        let early = drive(&evaluator, 0..<280, .legacy)
        #expect(early.map(\.isArmed) == [true, true, false])
        #expect(
            early[2].sentence
                == "no baseline yet: 5,600 response times are enough, and 20 s more of them are needed; it is learned in `legacy`"
        )
        let late = drive(&evaluator, 280..<310, .legacy)
        #expect(late.map(\.isArmed) == [true, true, true])
        let hybrid = drive(&evaluator, 310..<400, .hybrid)
        #expect(hybrid.map(\.isArmed) == [true, true, true])
    }

    @Test("in hybrid without a baseline response times are not armed, also where applications report more than enough")
    func applications() throws {
        var evaluator = try RollbackEvaluator()
        _ = drive(&evaluator, 0..<100, .hybrid)
        var times = ResponseTimes()
        for _ in 0..<400 { times.inPlay.times.record(.milliseconds(150)) }
        evaluator.count(times, from: .application, at: .at(100))
        let evaluation = evaluator.evaluate(at: .at(100), strategy: .hybrid).evaluations[2]
        #expect(evaluation.isArmed == false)
        #expect(evaluation.sentence.contains("; applications: no baseline yet: 0 of 5,000"))
    }

    @Test("a hold-out arms response times in legacy, since it comes with hybrid")
    func holdout() throws {
        var evaluator = try RollbackEvaluator(settings: .with { $0.baselineHoldoutPercent = 5 })
        #expect(drive(&evaluator, 0..<10, .legacy)[2].isArmed == true)
    }

    @Test("few requests arm no error rate")
    func few() throws {
        var evaluator = try RollbackEvaluator()
        for second in 0..<100 { evaluator.probe(success: true, at: .at(Double(second))) }
        evaluator.count(AttemptTally(decided: 99), at: .at(50))
        let evaluations = evaluator.evaluate(at: .at(150), strategy: .hybrid).evaluations
        #expect(evaluations[1].isArmed == false)
        #expect(evaluations[1].sentence.hasSuffix("an error rate needs at least 100"))
    }
}
