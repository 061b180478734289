import Foundation
import ParallaxCore
import ParallaxTesting
import Testing

@Suite struct ResponseTimeTriggerTests {
    /// A trigger that has watched long enough, with equal times in both windows.
    private func trigger(
        _ time: Duration, samples: Int = 300, settings: RollbackSettings = RollbackSettings()
    ) -> ResponseTimeTrigger {
        var trigger = ResponseTimeTrigger(settings: settings)
        trigger.count(LatencyHistogram(), at: .at(0))
        for _ in 0..<samples { trigger.latency(time, at: .at(100)) }
        return trigger
    }

    @Test(
        "twice the baseline is not enough and more is",
        arguments: [(10, TriggerState.ok), (20, .ok), (22, .firing)])
    func factor(milliseconds: Int, state: TriggerState) {
        var trigger = trigger(.milliseconds(milliseconds))
        #expect(trigger.read(at: .at(100), baseline: .frozen(.milliseconds(10))).state == state)
    }

    @Test("what is as fast as the floor is fast enough, whatever the baseline")
    func floor() throws {
        var trigger = trigger(.milliseconds(4))
        let reading = trigger.read(at: .at(100), baseline: .frozen(.microseconds(100)))
        #expect(reading.state == .ok)
        let shown = try #require(reading.quantiles).quantile / .milliseconds(1)
        // The floor is strict as well: equal to it is not above it.
        for (floor, state) in [(shown, TriggerState.ok), (shown.nextDown * 0.999_999, .firing)] {
            var trigger = self.trigger(
                .milliseconds(4), settings: .with { $0.responseTimeFloorMilliseconds = floor })
            #expect(trigger.read(at: .at(100), baseline: .frozen(.microseconds(100))).state == state)
        }
    }

    @Test("299 samples say nothing and 300 do", arguments: [(299, TriggerState.inconclusive), (300, .firing)])
    func minimum(samples: Int, state: TriggerState) {
        var trigger = trigger(.milliseconds(100), samples: samples)
        #expect(trigger.read(at: .at(100), baseline: .frozen(.milliseconds(10))).state == state)
    }

    @Test("both windows must exceed the limit")
    func bothWindows() {
        var trigger = trigger(.milliseconds(100))
        for _ in 0..<20 { trigger.latency(.milliseconds(10), at: .at(170)) }
        #expect(trigger.read(at: .at(170), baseline: .frozen(.milliseconds(10))).state == .suspect)
    }

    @Test("without a baseline, and with one older than 14 days, it says nothing but why")
    func baselines() {
        var trigger = trigger(.milliseconds(100))
        let none = trigger.evaluate(at: .at(100), baseline: Baseline())
        #expect(none.state == .inconclusive)
        #expect(
            none.sentence
                == "no baseline yet: 0 of 5,000 response times, and 300 s more of them; it is learned in `legacy`")
        let old = Baseline.frozen(.milliseconds(10))
        let fourteenDays = 14.0 * 86_400
        let now = ClockReading(steadyMilliseconds: 100_000, wall: ClockReading.at(fourteenDays).wall)
        #expect(trigger.read(at: now, baseline: old).state == .firing)
        let later = ClockReading(steadyMilliseconds: 100_000, wall: ClockReading.at(fourteenDays + 0.001).wall)
        let stale = trigger.evaluate(at: later, baseline: old)
        #expect(stale.state == .inconclusive)
        #expect(stale.sentence.hasPrefix("the baseline is 14 days old, beyond 14;"))
    }

    @Test("it is warming until the short window has filled")
    func warming() {
        var trigger = ResponseTimeTrigger(settings: RollbackSettings())
        for _ in 0..<300 { trigger.latency(.milliseconds(100), at: .at(0)) }
        let baseline = Baseline.frozen(.milliseconds(10))
        let early = trigger.evaluate(at: .at(59), baseline: baseline)
        #expect(early.state == .warming)
        #expect(early.sentence == "counting for 59 of the first 60 s, 300 response times")
        #expect(trigger.read(at: .at(60), baseline: baseline).state == .suspect)
    }

    @Test("it says the quantile, its bound, the limit, the baseline, the window and the samples")
    func sentence() {
        var trigger = trigger(.milliseconds(100))
        let evaluation = trigger.evaluate(at: .at(100), baseline: .frozen(.milliseconds(10)))
        #expect(
            evaluation.sentence
                == """
                p95 98.6 ms (lower bound 98.6 ms, limit 20.4 ms, baseline at most 10.2 ms) over 100 s, \
                300 response times
                """)
        #expect(evaluation.numbers["samples"] == 300)
        #expect(evaluation.numbers["baselineSamples"] == 5_000)
        trigger.restart()
        let nothing = trigger.evaluate(at: .at(100), baseline: .frozen(.milliseconds(10)))
        #expect(nothing.state == .warming)
        let little = trigger.evaluate(at: .at(170), baseline: .frozen(.milliseconds(10)))
        #expect(little.sentence == "0 response times in 70 s; a quantile needs at least 300")
    }
}

/// What the response-time trigger does on modelled traffic.
@Suite struct ResponseTimeSimulationTests {
    /// A log-normal time of median 10 ms: heavy-tailed, as waits are.
    private func time(spread: Double, _ generator: inout SplitMix64) -> Duration {
        // Box and Muller 1958.
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &generator))).squareRoot()
        let normal = radius * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
        return .nanoseconds(Int64(min(1e7 * exp(spread * normal), 1e12)))
    }

    private func baseline(spread: Double, _ generator: inout SplitMix64) -> Baseline {
        var histogram = LatencyHistogram()
        for _ in 0..<5_000 { histogram.record(time(spread: spread, &generator)) }
        return .frozen(histogram)
    }

    @Test("heavy tails without a change never fire", arguments: [0.5, 1, 2])
    func noChange(spread: Double) {
        var generator = SplitMix64(seed: 5)
        let baseline = baseline(spread: spread, &generator)
        var trigger = ResponseTimeTrigger(settings: RollbackSettings())
        var firings = 0
        for second in 0..<14_400 {
            for _ in 0..<2 { trigger.latency(time(spread: spread, &generator), at: .at(Double(second))) }
            if second % 10 == 0 && trigger.read(at: .at(Double(second)), baseline: baseline).state == .firing {
                firings += 1
            }
        }
        #expect(firings == 0)
    }

    @Test("four times slower is noticed within 5 minutes at 5 requests a second", arguments: [0.5, 1, 2])
    func fourTimesSlower(spread: Double) throws {
        var generator = SplitMix64(seed: 6)
        let baseline = baseline(spread: spread, &generator)
        var trigger = ResponseTimeTrigger(settings: RollbackSettings())
        var noticed: Int?
        for second in 0..<1_200 where noticed == nil {
            for _ in 0..<5 {
                trigger.latency(
                    time(spread: spread, &generator) * (second > 310 ? 4 : 1), at: .at(Double(second)))
            }
            if second % 10 == 0 && trigger.read(at: .at(Double(second)), baseline: baseline).state == .firing {
                noticed = second - 310
            }
        }
        let delay = try #require(noticed)
        #expect((1...300).contains(delay))
    }
}
