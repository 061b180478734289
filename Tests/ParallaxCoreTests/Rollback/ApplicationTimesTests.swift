import Foundation
import ParallaxCore
import Testing

/// Response times that applications report, next to the service's.
@Suite struct ApplicationTimesTests {
    private func times(_ duration: Duration, samples: Int = 300) -> ResponseTimes {
        var times = ResponseTimes()
        for _ in 0..<samples { times.inPlay.times.record(duration) }
        return times
    }

    /// Baselines of 10 ms at the service and 100 ms of the applications.
    private var baseline: Baseline {
        var baseline = Baseline.frozen(.milliseconds(10))
        let settings = RollbackSettings.with {
            $0.baselineMinimumSamples = 1
            $0.baselineMinimumSeconds = 0
        }
        baseline.learn(
            times(.milliseconds(100), samples: 5_000).inPlay.times, from: .application, at: ClockReading.at(0).wall,
            settings: settings)
        return baseline
    }

    private func evaluate(
        service: Duration, application: Duration?, baseline: Baseline, samples: Int = 300,
        settings: RollbackSettings = RollbackSettings()
    ) -> Evaluation {
        var trigger = ResponseTimeTrigger(settings: settings)
        trigger.count(LatencyHistogram(), at: .at(0))
        trigger.count(times(service), from: .service, at: .at(100))
        if let application { trigger.count(times(application, samples: samples), from: .application, at: .at(100)) }
        return trigger.evaluate(at: .at(100), baseline: baseline)
    }

    @Test(
        "each source is held to a baseline of its own, and the graver verdict is the trigger's",
        arguments: [(10, 100, TriggerState.ok), (10, 300, .firing), (30, 100, .firing), (30, 300, .firing)])
    func graver(service: Int, application: Int, state: TriggerState) {
        let evaluation = evaluate(
            service: .milliseconds(service), application: .milliseconds(application), baseline: baseline)
        #expect(evaluation.state == state)
        #expect(evaluation.sentence.hasPrefix("applications: ") == (service == 10 && application == 300))
        #expect(evaluation.numbers["samples"] == 300)
        #expect(evaluation.numbers["applicationSamples"] == 300)
        #expect(evaluation.numbers["applicationBaselineSamples"] == 5_000)
    }

    @Test("reports from unknown senders are suspect and fire nothing, while the service's own times do")
    func unknownReporters() {
        let settings = RollbackSettings.with { $0.trustsApplicationTimes = false }
        let reported = evaluate(
            service: .milliseconds(10), application: .milliseconds(300), baseline: baseline, settings: settings)
        #expect(reported.state == .suspect)
        #expect(reported.sentence.contains("RESPONSE_TIMES_TOKEN_FILE"))
        let own = evaluate(
            service: .milliseconds(30), application: .milliseconds(300), baseline: baseline, settings: settings)
        #expect(own.state == .firing)
    }

    @Test("applications that begin to report slow answers, of which nothing was learned, fire nothing")
    func newReports() {
        let evaluation = evaluate(
            service: .milliseconds(10), application: .seconds(1), baseline: .frozen(.milliseconds(10)))
        #expect(evaluation.state == .ok)
        #expect(!evaluation.sentence.hasPrefix("applications"))
    }

    @Test("too few reports say nothing")
    func fewReports() {
        let evaluation = evaluate(
            service: .milliseconds(10), application: .seconds(1), baseline: baseline, samples: 299)
        #expect(evaluation.state == .ok)
    }

    @Test("without reports nothing speaks of applications")
    func noReports() {
        let evaluation = evaluate(service: .milliseconds(10), application: nil, baseline: baseline)
        #expect(!evaluation.numbers.keys.contains { $0.hasPrefix("application") })
    }

    @Test("a baseline stored before applications reported is read, and one with both comes back as it was")
    func coding() throws {
        let both = baseline
        let data = try JSONEncoder().encode(both)
        #expect(try JSONDecoder().decode(Baseline.self, from: data) == both)
        let old = #"""
            {"frozen": {"samples": {"buckets": [7], "samples": [5000]}, "frozenAt": 5},
             "learned": {"buckets": [], "samples": []}}
            """#
        let read = try JSONDecoder().decode(Baseline.self, from: Data(old.utf8))
        #expect(read.frozen?.samples.count == 5_000)
        let application = read.state(of: .application, at: ClockReading.at(0).wall, settings: RollbackSettings())
        #expect(application == .learning(samples: 0))
    }

    @Test("what is reported right after a rollback may be of before it, and teaches nothing")
    func lateReports() throws {
        var evaluator = try RollbackEvaluator(settings: RollbackSettings())
        var times = ResponseTimes()
        times.legacy.record(.seconds(1))
        func learned() -> Int { evaluator.baselineStates(at: ClockReading.at(0).wall)[.application]?.samples ?? -1 }
        // Before any evaluation it is not even known which strategy is in force.
        evaluator.count(times, from: .application, at: .at(0))
        for second in stride(from: 0.0, through: 300, by: 10) {
            _ = evaluator.evaluate(at: .at(second), strategy: .legacy)
            evaluator.count(times, from: .application, at: .at(second))
        }
        #expect(learned() == 0)
        evaluator.count(times, from: .application, at: .at(300.001))
        #expect(learned() == 1)
        _ = evaluator.evaluate(at: .at(310), strategy: .hybrid)
        evaluator.count(times, from: .application, at: .at(311))
        #expect(learned() == 1)
    }

    @Test("the service's answers certainly belong to the given strategy, and teach at once")
    func service() throws {
        var evaluator = try RollbackEvaluator(settings: RollbackSettings())
        var times = ResponseTimes()
        times.legacy.record(.milliseconds(5))
        evaluator.count(times, from: .service, at: .at(0))
        #expect(evaluator.baselineStates(at: ClockReading.at(0).wall)[.service] == .learning(samples: 1))
    }

    @Test("held-out answers teach no baseline: they are one")
    func heldOut() throws {
        var evaluator = try RollbackEvaluator(settings: RollbackSettings())
        var times = ResponseTimes()
        times.heldOut.record(.milliseconds(5))
        evaluator.count(times, from: .service, at: .at(0))
        #expect(evaluator.baselineStates(at: ClockReading.at(0).wall)[.service] == .learning(samples: 0))
    }

    @Test("the source that earlier releases called `door` is the service", arguments: ["service", "door"])
    func formerName(name: String) throws {
        let read = try JSONDecoder().decode(
            [ResponseTimeSource].self, from: Data("[\"\(name)\", \"application\"]".utf8))
        #expect(read == [.service, .application])
        #expect(try String(decoding: JSONEncoder().encode(read), as: UTF8.self) == #"["service","application"]"#)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ResponseTimeSource].self, from: Data(#"["window"]"#.utf8))
        }
    }
}
