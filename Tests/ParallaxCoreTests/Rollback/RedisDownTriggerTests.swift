import ParallaxCore
import ParallaxTesting
import Testing

@Suite struct RedisDownTriggerTests {
    private func trigger(probes: [Bool], from start: Double = 0) -> RedisDownTrigger {
        var trigger = RedisDownTrigger(settings: RollbackSettings())
        for (second, success) in probes.enumerated() {
            trigger.probe(success: success, at: .at(start + Double(second)))
        }
        return trigger
    }

    @Test(
        "it fires after more than 120 s and not at 120 s",
        arguments: [(119.9, TriggerState.suspect), (120, .suspect), (120.001, .firing), (500, .firing)])
    func threshold(seconds: Double, state: TriggerState) {
        let trigger = trigger(probes: [true, true, true, false], from: 7)
        // The first failure came at second 10.
        #expect(trigger.read(at: .at(10 + seconds)).state == state)
    }

    @Test("it is warming until the first good run or failure")
    func warming() {
        #expect(trigger(probes: []).read(at: .at(500)).state == .warming)
        #expect(trigger(probes: [true, true]).read(at: .at(500)).state == .warming)
        #expect(trigger(probes: [true, true, true]).read(at: .at(3)).state == .ok)
        #expect(trigger(probes: [false]).read(at: .at(0)).state == .suspect)
    }

    @Test("two successes in a row do not end an outage, and three do")
    func goodRun() {
        var trigger = trigger(probes: [true, true, true, false, true, true, false, true, true])
        #expect(trigger.read(at: .at(9)).downMilliseconds == 6_000)
        trigger.probe(success: true, at: .at(9))
        #expect(trigger.read(at: .at(9)).state == .ok)
        // And the next outage counts from its own first failure.
        trigger.probe(success: false, at: .at(10))
        #expect(trigger.read(at: .at(11)).downMilliseconds == 1_000)
    }

    @Test("it says for how long, against which limit and how many probes failed")
    func sentence() {
        let down = trigger(probes: [true, true, true] + (0..<125).map { $0 == 40 })
        let evaluation = down.evaluate(at: .at(128))
        #expect(evaluation.sentence == "no good run of Redis for 125 s (limit 120 s): 124 of 125 probes failed")
        #expect(evaluation.numbers["downSeconds"] == 125)
        #expect(evaluation.numbers["failedProbes"] == 124)
        #expect(trigger(probes: [true]).evaluate(at: .at(1)).state == .warming)
    }

    @Test("a brown-out fires all the same, half of the time within 150 s", arguments: [0, 0.05, 0.2])
    func brownOut(luckyShare: Double) throws {
        var delays: [Double] = []
        for seed in 0..<501 {
            var generator = SplitMix64(seed: UInt64(seed))
            // Redis fails at any time between two evaluations.
            let start = Int.random(in: 4...13, using: &generator)
            var trigger = trigger(probes: [true, true, true])
            trigger.probe(success: false, at: .at(Double(start)))
            for second in (start + 1)... {
                let now = ClockReading.at(Double(second))
                trigger.probe(success: .random(in: 0..<1, using: &generator) < luckyShare, at: now)
                if second % 10 == 0 && trigger.read(at: now).state == .firing {
                    delays.append(Double(second - start))
                    break
                }
            }
        }
        #expect(delays.sorted()[250] <= 150)
    }

    @Test("one probe in twenty failing is not an outage within a day")
    func occasionalFailure() {
        var generator = SplitMix64(seed: 9)
        var trigger = RedisDownTrigger(settings: RollbackSettings())
        var firings = 0
        for second in 0..<86_400 {
            trigger.probe(success: .random(in: 0..<1, using: &generator) >= 0.05, at: .at(Double(second)))
            if trigger.read(at: .at(Double(second))).state == .firing { firings += 1 }
        }
        #expect(firings == 0)
    }
}
