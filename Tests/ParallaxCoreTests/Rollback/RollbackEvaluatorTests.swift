import ParallaxCore
import Testing

@Suite struct RollbackEvaluatorTests {
    /// Drives an evaluator second by second.
    private struct Drive {
        var evaluator: RollbackEvaluator
        var strategy = Strategy.hybrid
        var actions: [RollbackEvaluator.Action] = []
        var second = 0.0

        init(_ settings: RollbackSettings = RollbackSettings()) throws {
            evaluator = try RollbackEvaluator(settings: settings)
        }

        /// Lets seconds go by with the same things happening in each; evaluates every ten. Without a number, a Redis
        /// that is down decides nothing.
        mutating func run(
            seconds: Int, redis: Bool = true, decided: Int? = nil, errors: Int = 0, outages: Int = 0,
            wait: Duration? = nil
        ) {
            let decided = decided ?? (redis ? 10 : 0)
            for _ in 0..<seconds {
                second += 1
                evaluator.probe(success: redis, at: .at(second))
                evaluator.count(AttemptTally(decided: decided, errors: errors, outages: outages), at: .at(second))
                if let wait {
                    var times = LatencyHistogram()
                    for _ in 0..<20 { times.record(wait) }
                    evaluator.count(times, isControlOnly: strategy == .legacy, at: .at(second))
                }
                if second.truncatingRemainder(dividingBy: 10) == 0 { evaluate() }
            }
        }

        mutating func evaluate() {
            let outcome = evaluator.evaluate(at: .at(second), strategy: strategy)
            for action in outcome.actions {
                if case .saveBaseline = action { continue }
                actions.append(action)
            }
        }

        /// The triggers of the rollbacks asked for.
        var rollbacks: [Trigger] {
            actions.compactMap { if case .rollBack(let evaluation) = $0 { evaluation.trigger } else { nil } }
        }

        var states: [TriggerState] { evaluator.evaluations.map(\.state) }
    }

    private let acknowledgement = Acknowledgement(time: ClockReading.at(1_000).wall, by: "Ada", reason: "seen")

    @Test("every trigger is evaluated each time, in their order")
    func order() throws {
        var drive = try Drive()
        drive.run(seconds: 100)
        #expect(drive.evaluator.evaluations.map(\.trigger) == Trigger.allCases)
        #expect(drive.states == [.ok, .ok, .inconclusive])
        #expect(drive.actions.isEmpty)
    }

    @Test("decisions that time out while Redis answers its probes are errors")
    func unseenTimeouts() throws {
        var drive = try Drive()
        drive.run(seconds: 310)
        drive.run(seconds: 120, decided: 5, outages: 5)
        #expect(drive.rollbacks.first == .errorRate)
    }

    @Test("decisions that time out while Redis is down are not errors, whatever the rate")
    func outage() throws {
        var drive = try Drive()
        drive.run(seconds: 310)
        drive.run(seconds: 120, redis: false, decided: 0, outages: 10)
        #expect(drive.evaluator.evaluations.first { $0.trigger == .errorRate }?.state != .firing)
        #expect(drive.rollbacks.isEmpty)
    }

    @Test("each trigger by itself asks for a rollback", arguments: Trigger.allCases)
    func eachTrigger(trigger: Trigger) throws {
        var drive = try Drive()
        drive.strategy = .legacy
        drive.run(seconds: 320, decided: 0, wait: .milliseconds(10))
        drive.strategy = .hybrid
        drive.run(seconds: 100, wait: .milliseconds(10))
        #expect(drive.states == [.ok, .ok, .ok])
        drive.run(
            seconds: 140, redis: trigger != .redisDown, errors: trigger == .errorRate ? 10 : 0,
            wait: .milliseconds(trigger == .responseTime ? 50 : 10))
        #expect(Set(drive.rollbacks) == [trigger])
    }

    @Test(
        "a rollback is asked for again until it is done, and then no more until someone clears it and the wait is over")
    func latching() throws {
        var drive = try Drive()
        drive.run(seconds: 100)
        drive.run(seconds: 140, redis: false)
        #expect(drive.rollbacks.count == 2)
        drive.evaluator.rolledBack(drive.evaluator.evaluations[0])
        drive.actions = []
        drive.run(seconds: 760, redis: false)
        #expect(drive.rollbacks.isEmpty)
        try drive.evaluator.acknowledge(acknowledgement)
        drive.run(seconds: 890, redis: false)
        #expect(drive.rollbacks.isEmpty)
        drive.run(seconds: 10, redis: false)
        #expect(drive.rollbacks == [.redisDown])
    }

    @Test("a latch that was stored before a restart holds after it")
    func restart() throws {
        var drive = try Drive()
        drive.run(seconds: 10)
        drive.evaluator.rolledBack(drive.evaluator.evaluations[0])
        var next = try Drive()
        next.evaluator.adopt(drive.evaluator.latch)
        next.run(seconds: 300, redis: false)
        #expect(next.rollbacks.isEmpty)
        guard case .withhold(let evaluation, .latched)? = next.actions.first else {
            Issue.record("no action was taken")
            return
        }
        #expect(evaluation.trigger == .redisDown)
        #expect(next.actions.count == 1)
    }

    @Test("in legacy nothing is asked for, whatever the triggers make of it")
    func legacy() throws {
        var drive = try Drive()
        drive.strategy = .legacy
        drive.run(seconds: 300, redis: false, errors: 10)
        #expect(drive.states[0] == .firing)
        #expect(drive.actions.count == 2)
        #expect(drive.actions.allSatisfy { if case .withhold(_, .legacy) = $0 { true } else { false } })
        // Redis is still down when the candidate comes into play: that is reason enough.
        drive.strategy = .distributedOnly
        drive.run(seconds: 10, redis: false)
        #expect(drive.rollbacks == [.redisDown])
    }

    @Test("errors from before the candidate left play are not held against its return")
    func returnToHybrid() throws {
        var drive = try Drive(.with { $0.holdOffSeconds = 0 })
        drive.run(seconds: 100)
        drive.run(seconds: 60, decided: 0, errors: 10)
        #expect(drive.rollbacks.contains(.errorRate))
        drive.strategy = .legacy
        drive.run(seconds: 10)
        drive.strategy = .hybrid
        drive.run(seconds: 10)
        #expect(drive.states[1] == .warming)
    }

    @Test("an evaluator that slept longer than three intervals starts its windows again", arguments: [30, 31])
    func sleep(seconds: Int) throws {
        var drive = try Drive()
        drive.run(seconds: 100)
        drive.run(seconds: 110, redis: false, decided: 0, errors: 1)
        #expect(drive.states[0] == .suspect)
        drive.second += Double(seconds)
        drive.evaluate()
        let isNew = seconds == 31
        #expect(drive.states[0] == (isNew ? .warming : .firing))
        #expect(drive.states[1] == (isNew ? .warming : .firing))
        #expect(drive.rollbacks.contains(.redisDown) == !isNew)
    }

    @Test("a step of the wall clock neither fires nor restarts anything")
    func wallClockStep() throws {
        var drive = try Drive()
        drive.run(seconds: 100)
        drive.run(seconds: 50, redis: false)
        let stepped = ClockReading(steadyMilliseconds: 150_000, wall: ClockReading.at(1_000_000).wall)
        let outcome = drive.evaluator.evaluate(at: stepped, strategy: .hybrid)
        #expect(outcome.evaluations.map(\.state) == [.suspect, .ok, .inconclusive])
        #expect(outcome.actions.isEmpty)
    }

    @Test("a dry trigger is recorded once while it fires, and flips nothing")
    func dryRun() throws {
        var drive = try Drive(.with { $0.dryRun = [.redisDown] })
        drive.run(seconds: 100)
        drive.run(seconds: 2_000, redis: false)
        #expect(drive.rollbacks.isEmpty)
        #expect(drive.actions.count == 1)
        drive.run(seconds: 10)
        drive.run(seconds: 200, redis: false)
        #expect(drive.actions.count == 2)
    }

    @Test("each trigger can run dry, and then asks for no rollback", arguments: Trigger.allCases)
    func dryTriggers(trigger: Trigger) throws {
        var drive = try Drive(.with { $0.dryRun = [trigger] })
        drive.strategy = .legacy
        drive.run(seconds: 320, decided: 0, wait: .milliseconds(10))
        drive.strategy = .hybrid
        drive.run(seconds: 100, wait: .milliseconds(10))
        drive.run(
            seconds: 140, redis: trigger != .redisDown, errors: trigger == .errorRate ? 10 : 0,
            wait: .milliseconds(trigger == .responseTime ? 50 : 10))
        #expect(drive.rollbacks.isEmpty)
        let recorded = drive.actions.compactMap { action -> Trigger? in
            if case .recordDryRun(let evaluation) = action { evaluation.trigger } else { nil }
        }
        #expect(recorded == [trigger])
    }

    @Test("only a Redis that has been down for too long since the last evaluation makes the next overdue")
    func overdue() throws {
        var drive = try Drive(.with { $0.evaluationInterval = 300 })
        #expect(!drive.evaluator.isOverdue(at: .at(0)))
        drive.run(seconds: 100)
        for second in 101...221 {
            drive.evaluator.probe(success: false, at: .at(Double(second)))
            drive.evaluator.count(AttemptTally(errors: 10), at: .at(Double(second)))
            #expect(!drive.evaluator.isOverdue(at: .at(Double(second))))
        }
        #expect(drive.evaluator.isOverdue(at: .at(221.001)))
        drive.second = 222
        drive.evaluate()
        #expect(drive.states[0] == .firing)
        #expect(!drive.evaluator.isOverdue(at: .at(223)))
    }

    @Test("sparing the evidence changes no state and no action")
    func evidence() throws {
        var whole = try Drive()
        var sparing = try Drive()
        sparing.evaluator = try RollbackEvaluator(evidence: .ofFiring)
        for step in 0..<6 {
            for seconds in [100, 40] {
                for isWhole in [true, false] {
                    var drive = isWhole ? whole : sparing
                    drive.strategy = step == 0 ? .legacy : .hybrid
                    drive.run(
                        seconds: seconds * 3, redis: step % 3 != 1, errors: step % 2 == 0 ? 0 : 3,
                        wait: .milliseconds(step == 2 ? 90 : 10))
                    if isWhole { whole = drive } else { sparing = drive }
                }
                #expect(whole.states == sparing.states)
                #expect(whole.actions == sparing.actions)
            }
        }
        #expect(Set(whole.rollbacks) == Set(Trigger.allCases))
        #expect(sparing.evaluator.evaluations.allSatisfy { $0.state == .firing || $0.numbers.isEmpty })
    }

    @Test("an evaluation tells whether anything could have come of it")
    func inPlay() throws {
        var drive = try Drive()
        for (strategy, isInPlay) in [(Strategy.legacy, false), (.hybrid, true), (.distributedOnly, true)] {
            drive.strategy = strategy
            drive.run(seconds: 10)
            #expect(drive.evaluator.evaluations.allSatisfy { $0.isInPlay == isInPlay })
        }
    }

    @Test("a dry trigger does not keep another from rolling back")
    func dryAndWet() throws {
        var drive = try Drive(.with { $0.dryRun = [.redisDown] })
        drive.run(seconds: 100)
        drive.run(seconds: 130, redis: false, decided: 0, errors: 10)
        #expect(Set(drive.rollbacks) == [.errorRate])
    }

    @Test("two triggers that fire at once ask for one rollback")
    func oneRollback() throws {
        var drive = try Drive(.with { $0.evaluationInterval = 300 })
        drive.run(seconds: 60)
        drive.actions = []
        for _ in 0..<140 {
            drive.second += 1
            drive.evaluator.probe(success: false, at: .at(drive.second))
            drive.evaluator.count(AttemptTally(errors: 10), at: .at(drive.second))
        }
        drive.evaluate()
        #expect(drive.states[0...1] == [.firing, .firing])
        #expect(drive.rollbacks == [.redisDown])
    }

    @Test("a baseline is learned in legacy and asks to be kept while it grows")
    func baseline() throws {
        var drive = try Drive()
        drive.strategy = .legacy
        var times = LatencyHistogram()
        times.record(.milliseconds(10))
        drive.evaluator.count(times, isControlOnly: true, at: .at(1))
        let outcome = drive.evaluator.evaluate(at: .at(1), strategy: .legacy)
        #expect(outcome.actions == [.saveBaseline(drive.evaluator.baseline)])
        #expect(drive.evaluator.evaluate(at: .at(2), strategy: .legacy).actions.isEmpty)
        drive.evaluator.adopt(Baseline.frozen(.milliseconds(20)))
        #expect(drive.evaluator.baseline == Baseline.frozen(.milliseconds(20)))
        drive.evaluator.adopt(Baseline())
        #expect(drive.evaluator.baseline == Baseline.frozen(.milliseconds(20)))
    }
}
