import Foundation
import ParallaxCore
import ParallaxTesting
import Testing

/// A hold-out that judges at the same time, instead of a baseline that was learned before.
@Suite struct ResponseTimeHoldoutTests {
    private let settings = RollbackSettings.with { $0.baselineHoldoutPercent = 5 }

    /// A trigger that has watched long enough, with equal times of all others and of the hold-out.
    private func trigger(
        _ time: Duration, heldOut: Duration, samples: Int = 300, settings: RollbackSettings? = nil
    ) -> ResponseTimeTrigger {
        var trigger = ResponseTimeTrigger(settings: settings ?? self.settings)
        trigger.count(LatencyHistogram(), at: .at(0))
        var times = ResponseTimes()
        for _ in 0..<300 { times.inPlay.record(time, wait: .zero) }
        for _ in 0..<samples { times.heldOut.record(heldOut) }
        trigger.count(times, from: .service, at: .at(100))
        return trigger
    }

    @Test("what slows all callers down fires nothing, whatever was learned before")
    func sameForAll() {
        var trigger = trigger(.milliseconds(200), heldOut: .milliseconds(150))
        let evaluation = trigger.evaluate(at: .at(100), baseline: .frozen(.milliseconds(10)))
        #expect(evaluation.state == .ok)
        #expect(evaluation.sentence.contains("hold-out at most "))
        #expect(evaluation.numbers["usesHoldout"] == 1)
    }

    @Test("what slows down only callers that the candidate judges fires, also without a learned baseline")
    func candidateAlone() {
        var trigger = trigger(.milliseconds(30), heldOut: .milliseconds(10))
        #expect(trigger.read(at: .at(100), baseline: Baseline()).state == .firing)
        #expect(trigger.read(at: .at(100), baseline: .frozen(.milliseconds(100))).state == .firing)
    }

    @Test("twice the hold-out is not enough and more is", arguments: [(20, TriggerState.ok), (22, .firing)])
    func factor(milliseconds: Int, state: TriggerState) {
        var trigger = trigger(.milliseconds(milliseconds), heldOut: .milliseconds(10))
        #expect(trigger.read(at: .at(100), baseline: Baseline()).state == state)
    }

    @Test("below its minimum the learned baseline is taken, and it is said why", arguments: [299, 300])
    func minimum(samples: Int) {
        var trigger = trigger(.milliseconds(50), heldOut: .milliseconds(50), samples: samples)
        let evaluation = trigger.evaluate(at: .at(100), baseline: .frozen(.milliseconds(10)))
        // Held back, since no caller waits for the candidate and no hold-out shows that it slows them down.
        #expect(evaluation.state == (samples < 300 ? .suspect : .ok))
        #expect(evaluation.numbers["heldOutSamples"] == Double(samples))
        let notice = "; the hold-out has 299 of the 300 response times that it needs"
        #expect(evaluation.sentence.hasSuffix(notice) == (samples < 300))
    }

    @Test("below its minimum and with nothing learned, there is no verdict but both reasons")
    func neither() {
        var trigger = trigger(.milliseconds(50), heldOut: .milliseconds(10), samples: 7)
        let evaluation = trigger.evaluate(at: .at(100), baseline: Baseline())
        #expect(evaluation.state == .inconclusive)
        #expect(evaluation.sentence.hasPrefix("no baseline yet: 0 of 5,000"))
        #expect(evaluation.sentence.hasSuffix("the hold-out has 7 of the 300 response times that it needs"))
    }

    @Test("the hold-out is of the last 300 s, as what it is compared with")
    func window() {
        var trigger = trigger(.milliseconds(10), heldOut: .milliseconds(10))
        #expect(trigger.read(at: .at(399), baseline: Baseline()).heldOutSamples == 300)
        #expect(trigger.read(at: .at(400), baseline: Baseline()).heldOutSamples == 0)
        trigger.restart()
        #expect(trigger.read(at: .at(400), baseline: Baseline()).heldOutSamples == 0)
    }

    /// A log-normal time of median 10 ms: heavy-tailed, as waits are.
    private func time(_ generator: inout SplitMix64) -> Duration {
        // Box and Muller 1958.
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &generator))).squareRoot()
        let normal = radius * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
        return .nanoseconds(Int64(min(1e7 * exp(normal), 1e12)))
    }

    /// Lets a service of 20 requests a second, a tenth of which are held out, run under a load that comes and goes.
    ///
    /// - Parameter slower: How many times longer callers wait that the candidate judges, from second 1,800 on.
    /// - Returns: The seconds at which it fired.
    private func firings(seconds: Int, slower: Double) -> [Int] {
        var generator = SplitMix64(seed: 8)
        var trigger = ResponseTimeTrigger(settings: settings)
        var firings: [Int] = []
        for second in 0..<seconds {
            // All callers are up to nine times slower at noon, which a learned baseline would take for the candidate's
            // fault.
            let load = 5 + 4 * sin(Double(second) / 600)
            var times = ResponseTimes()
            for _ in 0..<18 {
                times.inPlay.record(time(&generator) * (load * (second < 1_800 ? 1 : slower)), wait: .zero)
            }
            for _ in 0..<2 { times.heldOut.record(time(&generator) * load) }
            trigger.count(times, from: .service, at: .at(Double(second)))
            if second % 10 == 0,
                trigger.read(at: .at(Double(second)), baseline: .frozen(.milliseconds(10))).state == .firing,
                second > 310
            {
                firings.append(second)
            }
        }
        return firings
    }

    @Test(
        "a load that makes all callers up to nine times slower fires nothing, and only the candidate four times slower fires"
    )
    func simulation() throws {
        #expect(firings(seconds: 14_400, slower: 1).isEmpty)
        let first = try #require(firings(seconds: 2_400, slower: 4).first)
        #expect((1_801...2_100).contains(first))
    }

    @Test("there is no hold-out unless it is configured, and none in distributed_only")
    func notInForce() {
        var off = trigger(.milliseconds(30), heldOut: .milliseconds(10), settings: RollbackSettings())
        #expect(off.read(at: .at(100), baseline: Baseline()).heldOutSamples == nil)
        #expect(off.evaluate(at: .at(100), baseline: Baseline()).numbers["usesHoldout"] == nil)
        var on = trigger(.milliseconds(30), heldOut: .milliseconds(10))
        let reading = on.read(at: .at(100), baseline: Baseline(), strategy: .distributedOnly)
        #expect(reading.state == .inconclusive && reading.heldOutSamples == nil)
    }
}
