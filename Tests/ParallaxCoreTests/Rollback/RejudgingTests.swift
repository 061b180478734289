import ParallaxTesting
import Testing

@testable import ParallaxCore

@Suite struct RejudgingTests {
    /// Evaluators of several settings that see the same hour: calm and stormy minutes, outages, times in `legacy`.
    private struct SameHour {
        var evaluators: [RollbackEvaluator]
        var evaluations: [[Evaluation]]
        private var generator: SplitMix64
        /// Changes of the weather that an outage still lasts for.
        private var outageLeft = 0
        /// Whether probes fail while decisions do not.
        private var isProbeKeyBroken = false
        private var (errorShare, slowness, isRedisUp, strategy) = (0.0, 1, true, Strategy.legacy)

        init(_ settings: [RollbackSettings], seed: UInt64) throws {
            evaluators = try settings.map { try RollbackEvaluator(settings: $0) }
            evaluations = settings.map { _ in [] }
            generator = SplitMix64(seed: seed)
        }

        mutating func run(seconds: Int) {
            for second in 1...seconds {
                if second > 310 && second % 40 == 0 { change() }
                let now = ClockReading.at(Double(second))
                let (attempts, waits) = (attempts(), waits())
                let probe = !isProbeKeyBroken && isRedisUp || Int.random(in: 0..<10, using: &generator) == 0
                for index in evaluators.indices {
                    evaluators[index].probe(success: probe, at: now)
                    evaluators[index].count(attempts, at: now)
                    evaluators[index].count(waits, isControlOnly: strategy == .legacy, at: now)
                    guard second % 10 == 0 else { continue }
                    evaluations[index] += evaluators[index].evaluate(at: now, strategy: strategy).evaluations
                }
            }
        }

        private mutating func change() {
            errorShare = [0, 0.02, 0.06, 0.1, 0.5].randomElement(using: &generator) ?? 0
            slowness = [1, 1, 2, 3, 8].randomElement(using: &generator) ?? 1
            // Now and then one that outlasts every limit.
            if Int.random(in: 0..<12, using: &generator) == 0 { outageLeft = 5 }
            outageLeft = max(0, outageLeft - 1)
            if Int.random(in: 0..<12, using: &generator) == 0 { isProbeKeyBroken.toggle() }
            isRedisUp = outageLeft == 0 && Int.random(in: 0..<4, using: &generator) > 0
            strategy = Int.random(in: 0..<12, using: &generator) == 0 ? .legacy : .hybrid
        }

        private mutating func attempts() -> AttemptTally {
            guard strategy != .legacy else { return AttemptTally() }
            var tally = AttemptTally()
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                if !isRedisUp {
                    tally.outages += 1
                } else if Double.random(in: 0..<1, using: &generator) < errorShare {
                    tally.errors += 1
                } else {
                    tally.decided += 1
                }
            }
            return tally
        }

        private mutating func waits() -> LatencyHistogram {
            var histogram = LatencyHistogram()
            for _ in 0..<(strategy == .legacy ? 20 : Int.random(in: 0...6, using: &generator)) {
                let wait = Int64.random(in: 4_000...20_000, using: &generator)
                histogram.record(.microseconds(strategy == .legacy ? wait : wait * Int64(slowness)))
            }
            return histogram
        }
    }

    private static let trials: [(name: String, change: @Sendable (inout RollbackSettings.Changes) -> Void)] = [
        ("a shorter outage", { $0.redisDownSeconds = 45 }), ("a longer outage", { $0.redisDownSeconds = 200 }),
        ("a lower error rate", { $0.errorRatePercent = 2 }), ("a higher error rate", { $0.errorRatePercent = 20 }),
        ("fewer attempts", { $0.errorMinimum = 20 }), ("more attempts", { $0.errorMinimum = 800 }),
        ("outages as errors", { $0.outagesAsErrors = true }),
        ("a lower factor", { $0.responseTimeFactor = 1.2 }), ("a higher factor", { $0.responseTimeFactor = 6 }),
        ("a floor", { $0.responseTimeFloorMilliseconds = 50 }), ("more samples", { $0.responseTimeMinimum = 900 }),
    ]

    @Test("without a change every stored evaluation is judged as it was", arguments: 0..<4)
    func unchanged(number: UInt64) throws {
        var hour = try SameHour([RollbackSettings()], seed: TestSeed.current &+ number)
        hour.run(seconds: 3_600)
        for evaluation in hour.evaluations[0] {
            #expect(evaluation.stored == evaluation, "\(TestSeed.remedy)")
            #expect(evaluation.stored.rejudged(with: .init()) == evaluation, "\(TestSeed.remedy)")
        }
        #expect(Set(hour.evaluations[0].map(\.state)).count >= 4, "\(TestSeed.remedy)")
    }

    @Test(
        "with other settings each is judged as an evaluator with those settings judged the same seconds",
        arguments: trials.indices)
    func changed(trial: Int) throws {
        var changes = RollbackSettings.Changes()
        Self.trials[trial].change(&changes)
        var hour = try SameHour(
            [RollbackSettings(), RollbackSettings().applying(changes)], seed: TestSeed.current &+ UInt64(trial))
        hour.run(seconds: 7_200)
        for (stored, other) in zip(hour.evaluations[0].map(\.stored), hour.evaluations[1]) {
            guard let rejudged = stored.rejudged(with: changes) else {
                Issue.record("\(stored) tells nothing; \(TestSeed.remedy)")
                continue
            }
            #expect(rejudged.state == other.state, "\(stored), \(Self.trials[trial].name), \(TestSeed.remedy)")
            // What was counted stays, and only whether it is held back is judged again.
            #expect(
                rejudged.isHeldBack == other.isHeldBack, "\(stored), \(Self.trials[trial].name), \(TestSeed.remedy)")
            var numbers = rejudged.numbers
            numbers["heldBack"] = stored.numbers["heldBack"]
            #expect(numbers == stored.numbers)
        }
        #expect(
            zip(hour.evaluations[0], hour.evaluations[1]).contains { $0.state != $1.state },
            "\(Self.trials[trial].name) changes nothing; \(TestSeed.remedy)")
    }

    @Test("a sentence says the limit that it was judged by")
    func sentences() throws {
        var trigger = ErrorRateTrigger(settings: RollbackSettings())
        trigger.count(AttemptTally(), at: .at(0))
        trigger.count(AttemptTally(decided: 960, errors: 40), at: .at(100))
        let changes = RollbackSettings.Changes.with { $0.errorRatePercent = 2 }
        guard let rejudged = trigger.evaluate(at: .at(100)).rejudged(with: changes) else {
            Issue.record("nothing was told")
            return
        }
        #expect(rejudged.state == .firing)
        #expect(rejudged.sentence == "error rate 4 % (lower bound 2.5 %, limit 2 %) over 100 s, 1,000 attempts")
    }

    @Test("an outage that was stored before outages were summed up is judged by itself")
    func withoutWindow() {
        let old = Evaluation(
            trigger: .redisDown, time: .init(milliseconds: 0), state: .suspect,
            numbers: [
                "downSeconds": 100, "limitSeconds": 120, "goodRunProbes": 3, "successesInARow": 0, "probes": 100,
                "failedProbes": 100,
            ], sentence: "no good run of Redis for 100 s (limit 120 s): 100 of 100 probes failed")
        #expect(old.rejudged(with: .init()) == old)
        guard let rejudged = old.rejudged(with: .with { $0.redisDownSeconds = 60 }) else {
            Issue.record("nothing was told")
            return
        }
        #expect(rejudged.state == .firing)
        #expect(rejudged.sentence == "no good run of Redis for 100 s (limit 60 s): 100 of 100 probes failed")
    }

    @Test("what twice the baseline was equal to stays no more than twice")
    func equality() {
        var trigger = ResponseTimeTrigger(settings: RollbackSettings())
        trigger.count(LatencyHistogram(), at: .at(0))
        for _ in 0..<300 { trigger.latency(.milliseconds(20), at: .at(100)) }
        let stored = trigger.evaluate(at: .at(100), baseline: .frozen(.milliseconds(10)))
        #expect(stored.state == .ok)
        for (factor, state) in [(2.0, TriggerState.ok), (1.999_999, .firing), (2.000_001, .ok)] {
            #expect(stored.rejudged(with: .with { $0.responseTimeFactor = factor })?.state == state)
        }
    }

    @Test("what is not stored is unknown under other settings")
    func unknown() {
        var trigger = ResponseTimeTrigger(settings: RollbackSettings())
        trigger.count(LatencyHistogram(), at: .at(0))
        for _ in 0..<200 { trigger.latency(.milliseconds(20), at: .at(100)) }
        let few = trigger.evaluate(at: .at(100), baseline: .frozen(.milliseconds(10)))
        #expect(few.rejudged(with: .with { $0.responseTimeMinimum = 200 }) == nil)
        #expect(few.rejudged(with: .with { $0.responseTimeMinimum = 201 }) == few)
        for trigger in Trigger.allCases {
            let empty = Evaluation(trigger: trigger, time: .init(milliseconds: 0), state: .firing, sentence: "")
            #expect(empty.rejudged(with: .init()) == nil)
        }
    }

    @Test(
        "numbers that no release stored make no reading, and stay as they are",
        arguments: [("attempts", 1.5), ("errors", 41), ("outages", -1), ("shortErrors", .infinity), ("errors", .nan)])
    func damaged(name: String, number: Double) {
        var trigger = ErrorRateTrigger(settings: RollbackSettings())
        trigger.count(AttemptTally(decided: 20, errors: 20), at: .at(0))
        var numbers = trigger.evaluate(at: .at(100)).numbers
        numbers[name] = number
        let damaged = Evaluation(
            trigger: .errorRate, time: .init(milliseconds: 0), state: .firing, numbers: numbers, sentence: "")
        #expect(damaged.rejudged(with: .init()) == nil)
        #expect("\(damaged.numbers[name]!)" == "\(number)" && damaged.numbers.count == numbers.count)
    }

    @Test("windows and intervals are beyond what is stored")
    func beyond() {
        #expect(RollbackSettings.Changes().beyondStoredEvidence.isEmpty)
        #expect(RollbackSettings.Changes.with { $0.errorRatePercent = 1 }.beyondStoredEvidence.isEmpty)
        #expect(RollbackSettings.Changes.with { $0.errorWindowSeconds = 60 }.beyondStoredEvidence.count == 1)
        #expect(RollbackSettings.Changes.with { $0.errorShortWindowSeconds = 60 }.beyondStoredEvidence.count == 1)
        #expect(RollbackSettings.Changes.with { $0.redisDownWindowSeconds = 60 }.beyondStoredEvidence.count == 1)
        #expect(RollbackSettings.Changes.with { $0.evaluationInterval = 60 }.beyondStoredEvidence.count == 1)
    }
}

extension Evaluation {
    /// The same as a database gives it back.
    fileprivate var stored: Evaluation {
        Evaluation(trigger: trigger, time: time, state: state, numbers: numbers, sentence: sentence)
    }
}

extension RollbackSettings.Changes {
    /// No changes but some.
    static func with(_ change: (inout RollbackSettings.Changes) -> Void) -> RollbackSettings.Changes {
        var changes = RollbackSettings.Changes()
        change(&changes)
        return changes
    }
}
