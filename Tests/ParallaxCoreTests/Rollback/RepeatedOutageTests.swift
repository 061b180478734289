import ParallaxCore
import ParallaxTesting
import Testing

/// Outages that are short by themselves and come again and again.
@Suite struct RepeatedOutageTests {
    private func trigger(_ settings: RollbackSettings = RollbackSettings()) -> RedisDownTrigger {
        var trigger = RedisDownTrigger(settings: settings)
        for second in 0..<3 { trigger.probe(success: true, at: .at(Double(second))) }
        return trigger
    }

    /// Runs a crash loop from second 10 on.
    ///
    /// - Returns: The second of the loop at which it fired; `nil` if it did not within an hour.
    private func firstFiring(down: Int, up: Int, _ settings: RollbackSettings = RollbackSettings()) -> Int? {
        var trigger = trigger(settings)
        for second in 0..<3_600 {
            let now = ClockReading.at(Double(10 + second))
            trigger.probe(success: second % (down + up) >= down, at: now)
            if trigger.read(at: now).state == .firing { return second }
        }
        return nil
    }

    @Test(
        "outages of more than the limit in all within the window fire",
        arguments: [(100, 60, 181), (110, 30, 151), (60, 60, 241), (30, 30, 241), (20, 40, 361), (120, 30, 121)])
    func loops(down: Int, up: Int, second: Int) {
        #expect(firstFiring(down: down, up: up) == second)
    }

    @Test(
        "outages of as much as the limit within the window do not", arguments: [(15, 60), (30, 120), (60, 540), (1, 5)])
    func rare(down: Int, up: Int) {
        #expect(firstFiring(down: down, up: up) == nil)
    }

    @Test("without a window, or with one of the limit, each outage is judged by itself", arguments: [0, 120])
    func windowOff(seconds: Int) {
        let settings = RollbackSettings.with { $0.redisDownWindowSeconds = seconds }
        #expect(firstFiring(down: 100, up: 60, settings) == nil)
        #expect(firstFiring(down: 119, up: 60, settings) == nil)
        #expect(firstFiring(down: 120, up: 60, settings) == 121)
    }

    @Test("outages that are over keep it suspect until they have left the window, and tell when that is")
    func clears() {
        var trigger = trigger()
        func probe(_ seconds: Range<Int>, _ success: Bool) {
            for second in seconds { trigger.probe(success: success, at: .at(Double(second))) }
        }
        probe(10..<110, false)
        probe(110..<200, true)
        probe(200..<250, false)
        probe(250..<300, true)
        // 150 s of the last 600 s: 30 s of the first outage have to leave the window.
        let evaluation = trigger.evaluate(at: .at(300))
        #expect(evaluation.state == .suspect)
        #expect(evaluation.clearsAt == ClockReading.at(640).wall)
        probe(300..<640, true)
        #expect(trigger.read(at: .at(639)).state == .suspect)
        let over = trigger.evaluate(at: .at(640))
        #expect(over.state == .ok && over.clearsAt == nil)
        // While Redis is down, its end is not known.
        probe(640..<650, false)
        #expect(trigger.evaluate(at: .at(650)).clearsAt == nil)
    }

    @Test("an outage lasts from the first failure to the first success of the good run, and fires only while it lasts")
    func length() {
        var trigger = trigger()
        for second in 10..<110 { trigger.probe(success: false, at: .at(Double(second))) }
        for second in 110..<115 { trigger.probe(success: true, at: .at(Double(second))) }
        #expect(trigger.read(at: .at(115)).downInWindowMilliseconds == 100_000)
        #expect(trigger.read(at: .at(115)).state == .ok)
        #expect(
            trigger.evaluate(at: .at(115)).sentence
                == "Redis is up: its last 3 probes or more succeeded; it was down for 100 s of the last 600 s, in 1 outage"
        )
        for second in 115..<137 { trigger.probe(success: false, at: .at(Double(second))) }
        let firing = trigger.evaluate(at: .at(136))
        #expect(firing.state == .firing)
        #expect(
            firing.sentence
                == "no good run of Redis for 21 s, down for 121 s of the last 600 s, in 2 outages (limit 120 s): "
                + "22 of 22 probes failed")
        #expect(firing.numbers["downInWindowSeconds"] == 121)
        for second in 137..<140 { trigger.probe(success: true, at: .at(Double(second))) }
        // Up again: not firing, and still to be looked at.
        #expect(trigger.read(at: .at(140)).state == .suspect)
        // The outage of before leaves the window second by second.
        #expect(trigger.read(at: .at(613)).downInWindowMilliseconds == 119_000)
        #expect(trigger.read(at: .at(613)).state == .ok)
        #expect(trigger.read(at: .at(1_000)).outagesInWindow == 0)
    }

    @Test("a twentieth of all probes failing is not an outage within a day, and neither are a few outages a day")
    func occasional() throws {
        var generator = SplitMix64(seed: 11)
        var trigger = trigger()
        for second in 10..<86_400 {
            let now = ClockReading.at(Double(second))
            trigger.probe(success: .random(in: 0..<1, using: &generator) >= 0.05, at: now)
            #expect(trigger.read(at: now).state != .firing)
        }
    }

    @Test("what repeats is rolled back while Redis is down, and not held against the next try")
    func evaluator() throws {
        var evaluator = try RollbackEvaluator()
        var rollbacks: [Int] = []
        func isDown(_ second: Int) -> Bool { second >= 300 && (second - 300) % 160 < 100 }
        for second in 0..<700 {
            let now = ClockReading.at(Double(second))
            evaluator.probe(success: !isDown(second), at: now)
            evaluator.count(
                isDown(second) ? AttemptTally(outages: 10) : AttemptTally(decided: 10), at: now)
            guard second % 10 == 0 || evaluator.isOverdue(at: now) else { continue }
            for case .rollBack(let evaluation) in evaluator.evaluate(at: now, strategy: .distributedOnly).actions {
                rollbacks.append(second)
                #expect(evaluation.trigger == .redisDown)
                evaluator.rolledBack(evaluation)
            }
        }
        // In the second that makes it more than the limit, and once.
        #expect(rollbacks == [481])
        try evaluator.acknowledge(Acknowledgement(time: ClockReading.at(700).wall, by: "Ada", reason: "seen"))
        for second in 700..<720 { evaluator.probe(success: true, at: .at(Double(second))) }
        #expect(evaluator.evaluate(at: .at(710), strategy: .legacy).evaluations[0].state == .suspect)
        #expect(evaluator.evaluate(at: .at(720), strategy: .hybrid).evaluations[0].state == .ok)
    }
}
