import Testing

@testable import ParallaxCore

@Suite struct AlertRulesTests {
    /// Rules in virtual time: one look a second.
    private struct World {
        var rules = AlertRules(settings: AlertSettings())
        var seconds: Int64 = 0
        var inputs = AlertRules.Inputs()

        mutating func look(
            allowed: Int = 0, limited: Int = 0, unavailable: Int = 0, failures: Int = 0,
            rollback: RollbackLatch.Firing? = nil, drill: AlertRules.Drill? = nil
        ) -> [Alert] {
            seconds += 1
            inputs.counts.add(
                AlertCounts(allowed: allowed, limited: limited, unavailable: unavailable, connectionFailures: failures))
            (inputs.rollback, inputs.drill) = (rollback, drill)
            return rules.alerts(inputs, at: .second(seconds))
        }
    }

    @Test(
        "five failed connections within a minute raise nothing, the sixth is critical, and it ends two minutes after the last"
    )
    func connections() {
        var world = World()
        for _ in 0..<5 { #expect(world.look(failures: 1).isEmpty) }
        let alerts = world.look(failures: 1)
        #expect(alerts.map(\.name) == [.redisDown])
        #expect(alerts.first?.name.rawValue == "rate_limiting_redis_down")
        #expect(alerts.first?.name.severity == .critical)
        #expect(alerts.first?.startsAt == ClockReading.second(6).wall)
        #expect(world.look().first?.startsAt == ClockReading.second(6).wall)
        // The first failure leaves the window at second 61, and two minutes more are waited.
        for _ in 8..<180 { #expect(world.look().map(\.name) == [.redisDown]) }
        #expect(world.look().isEmpty)
    }

    @Test("failures just above and below the limit are one alert, and not one a minute")
    func flapping() {
        var world = World()
        var began = Set<Timestamp>()
        for second in 0..<1_200 {
            // 5.3 a minute.
            for alert in world.look(failures: second % 34 < 3 ? 1 : 0) { began.insert(alert.startsAt) }
        }
        #expect(began.count == 1)
    }

    @Test("a Redis that hangs is told after ten seconds, though no connection fails")
    func unhealthy() {
        var world = World()
        _ = world.look()
        world.inputs.redisProblem = "timed_out"
        for _ in 2..<12 { #expect(world.look().isEmpty) }
        let alert = world.look().first
        #expect(alert?.name == .redisDown)
        #expect(alert?.summary == "Redis has not been healthy for 10 s: timed_out")
        // Up for a minute between two falls is not an end.
        world.inputs.redisProblem = nil
        for _ in 0..<60 { #expect(world.look().map(\.name) == [.redisDown]) }
        world.inputs.redisProblem = "timed_out"
        for _ in 0..<15 { #expect(world.look().first?.startsAt == alert?.startsAt) }
        world.inputs.redisProblem = nil
        for _ in 0..<119 { #expect(!world.look().isEmpty) }
        #expect(world.look().isEmpty)
    }

    @Test("a short hiccup of Redis raises nothing")
    func hiccup() {
        var world = World()
        for second in 0..<600 {
            world.inputs.redisProblem = second % 20 < 9 ? "timed_out" : nil
            #expect(world.look().isEmpty)
        }
    }

    @Test("answers without a verdict raise an alert above 5 % of a hundred, and of few as soon as five in a row are")
    func unavailable() {
        var equal = World()
        for _ in 0..<100 { #expect(equal.look(allowed: 19, unavailable: 1).isEmpty) }
        let alert = equal.look(unavailable: 1).first
        #expect(alert?.name == .unavailableAnswers && alert?.name.severity == .critical)
        #expect(alert?.summary == "5 % of 2,001 answers over 300 s had no verdict (limit 5 %)")
        var few = World()
        for _ in 0..<4 {
            #expect(few.look(unavailable: 1).isEmpty)
            for _ in 0..<9 { _ = few.look() }
        }
        let run = few.look(unavailable: 1).first
        #expect(run?.summary == "The last 5 answers had no verdict")
        #expect(run?.description.contains("get 503") == true)
        // Ends a minute after the first verdict.
        for _ in 0..<59 { #expect(few.look(allowed: 1).map(\.name) == [.unavailableAnswers]) }
        #expect(few.look(allowed: 1).isEmpty)
    }

    @Test("a flag file, a record and a way to write that fail are told after ten seconds, each under its own name")
    func parts() {
        let faults: [(Alert.Name, @Sendable (inout AlertRules.Inputs, String?) -> Void)] = [
            (.flagFileInvalid, { $0.flagFileProblem = $1 }), (.flagFileUnwritable, { $0.flagWriteProblem = $1 }),
            (.recorderFailing, { $0.recorderProblem = $1 }),
        ]
        for (name, set) in faults {
            var world = World()
            set(&world.inputs, "disk full")
            for _ in 0..<10 { #expect(world.look().isEmpty) }
            let alert = world.look().first
            #expect(alert?.name == name)
            #expect(alert?.summary.hasSuffix(": disk full") == true)
            set(&world.inputs, nil)
            // Still with its reason until it is over.
            for _ in 0..<59 { #expect(world.look().first?.summary == alert?.summary) }
            #expect(world.look().isEmpty)
        }
    }

    @Test("a trigger that fires during the hold-off, over a latch or is held back is told with its trigger")
    func stopped() {
        let time = ClockReading.second(0).wall
        func evaluation(_ state: TriggerState, _ numbers: [String: Double]) -> Evaluation {
            Evaluation(trigger: .errorRate, time: time, state: state, numbers: numbers, sentence: "error rate 50 %")
        }
        let firing = evaluation(.firing, ["candidateInPlay": 1])
        let latched = RollbackLatch.State.latched(.init(trigger: .redisDown, time: time, sentence: "down"))
        func summaries(_ evaluation: Evaluation, _ latch: RollbackLatch.State, dry: Set<Trigger> = []) -> [String] {
            AlertRules.Inputs.stoppedTriggers([evaluation], strategy: .hybrid, latch: latch, dryRun: dry).map(\.summary)
        }
        #expect(
            summaries(firing, latched) == [
                "Nothing is rolled back: the last rollback is not acknowledged. error rate 50 %"
            ])
        #expect(
            summaries(firing, .holdingOff(until: time + 61_000)) == [
                "Nothing is rolled back: the last rollback was acknowledged a short while ago; armed in 2 min. error rate 50 %"
            ])
        #expect(summaries(firing, .armed).isEmpty)
        #expect(summaries(firing, latched, dry: [.errorRate]).isEmpty)
        #expect(summaries(evaluation(.firing, ["candidateInPlay": 0]), latched).isEmpty)
        let heldBack = evaluation(.suspect, ["heldBack": 1])
        #expect(summaries(heldBack, .armed) == ["error rate 50 %"])
        var world = World()
        world.inputs.stoppedTriggers = AlertRules.Inputs.stoppedTriggers(
            [firing], strategy: .hybrid, latch: latched, dryRun: [])
        #expect(world.look().map(\.key) == [Alert.Key(name: .rollbackWithheld, trigger: .errorRate)])
        world.inputs.stoppedTriggers = []
        for _ in 0..<59 { #expect(!world.look().isEmpty) }
        #expect(world.look().isEmpty)
    }

    @Test("a rollback that took place a moment ago is not told as one that was withheld")
    func justRolledBack() {
        let time = ClockReading.second(0).wall
        let firing = Evaluation(
            trigger: .redisDown, time: time, state: .firing, numbers: ["candidateInPlay": 1], sentence: "down")
        let latched = RollbackLatch.State.latched(.init(trigger: .redisDown, time: time, sentence: "down"))
        #expect(
            AlertRules.Inputs.stoppedTriggers([firing], strategy: .legacy, latch: latched, dryRun: []).isEmpty)
    }

    @Test("exactly 80 % refusals raise nothing, a single one more does, and outages are not refusals")
    func refusals() {
        var equal = World()
        for _ in 0..<100 { #expect(equal.look(allowed: 2, limited: 8).isEmpty) }
        #expect(equal.look(limited: 1).map(\.name) == [.refusalRate])
        var away = World()
        for _ in 0..<100 {
            #expect(!away.look(allowed: 2, limited: 8, unavailable: 100).map(\.name).contains(.refusalRate))
        }
    }

    @Test("ninety-nine verdicts say nothing, a hundred do")
    func minimum() {
        var world = World()
        for _ in 0..<99 { #expect(world.look(limited: 1).isEmpty) }
        let alert = world.look(limited: 1).first
        #expect(alert?.name == .refusalRate && alert?.name.severity == .warning)
        #expect(alert?.summary == "100 % of 100 requests were refused over 300 s (limit 80 %)")
    }

    @Test("a burst of refusals that is over is over within a minute, though five minutes still hold it")
    func ends() {
        var world = World()
        for _ in 0..<100 { _ = world.look(limited: 10) }
        for _ in 0..<60 { _ = world.look(allowed: 1) }
        #expect(world.look(allowed: 1).isEmpty)
    }

    @Test("a rollback names its trigger and its sentence, says what memory does to limits, and is told while latched")
    func rollback() {
        let firing = RollbackLatch.Firing(
            trigger: .errorRate, time: Timestamp(milliseconds: 7), sentence: "error rate 7.9 %")
        var world = World()
        world.inputs.strategy = .legacy
        let alert = world.look(rollback: firing).first
        #expect(alert?.key == Alert.Key(name: .rollback, trigger: .errorRate))
        #expect(alert?.startsAt == Timestamp(milliseconds: 7))
        #expect(alert?.summary == "Rolled back to legacy: error rate 7.9 %")
        #expect(alert?.description.contains("multiplies each limit by the number of instances") == true)
        #expect(world.look().isEmpty)
    }

    @Test("a rollback that was undone without an acknowledgement does not say that instances are at legacy")
    func undone() {
        let firing = RollbackLatch.Firing(trigger: .redisDown, time: Timestamp(milliseconds: 7), sentence: "down")
        var world = World()
        world.inputs.strategy = .distributedOnly
        let description = world.look(rollback: firing).first?.description
        #expect(description?.hasPrefix("The flags were set to distributed_only again") == true)
        #expect(description?.contains("by its own memory") == false)
    }

    @Test("a rollback that could not be written says that it holds only one instance")
    func heldAlone() {
        let firing = RollbackLatch.Firing(trigger: .redisDown, time: Timestamp(milliseconds: 7), sentence: "down")
        var world = World()
        world.inputs.isHeldHereOnly = true
        let alert = world.look(rollback: firing).first
        #expect(alert?.description.hasPrefix("The flag file cannot be written: only this instance") == true)
    }

    @Test("a drill is told as a drill")
    func drill() {
        var world = World()
        let drill = AlertRules.Drill(by: "ann", reason: "monthly", time: Timestamp(milliseconds: 3))
        let alert = world.look(drill: drill).first
        #expect(alert?.name == .rollbackDrill && alert?.name.severity == .info)
        #expect(alert?.summary.contains("ann") == true && alert?.description.contains("No trigger fired") == true)
    }
}

extension ClockReading {
    /// A second after the beginning of both clocks.
    static func second(_ second: Int64) -> ClockReading {
        ClockReading(
            steadyMilliseconds: second * 1000, wall: Timestamp(milliseconds: 1_800_000_000_000 + second * 1000))
    }
}
