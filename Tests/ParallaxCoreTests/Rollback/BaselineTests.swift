import Foundation
import ParallaxCore
import Testing

@Suite struct BaselineTests {
    private let settings = RollbackSettings()

    private func samples(_ count: Int, _ duration: Duration = .milliseconds(10)) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for _ in 0..<count { histogram.record(duration) }
        return histogram
    }

    @Test("it is frozen at 5,000 samples of at least 300 s, and not before")
    func freezing() {
        var baseline = Baseline()
        baseline.learn(samples(4_998), at: ClockReading.at(0).wall, settings: settings)
        baseline.learn(samples(1), at: ClockReading.at(300).wall, settings: settings)
        #expect(baseline.state(at: ClockReading.at(300).wall, settings: settings) == .learning(samples: 4_999))
        var quick = baseline
        quick.learn(samples(1), at: ClockReading.at(299.999).wall, settings: settings)
        #expect(quick.frozen == nil)
        baseline.learn(samples(1), at: ClockReading.at(300).wall, settings: settings)
        #expect(baseline.frozen?.samples == samples(5_000))
    }

    @Test("once frozen it takes in nothing for half its life")
    func frozen() {
        var baseline = Baseline.frozen(.milliseconds(10))
        let before = baseline
        let isOfUse = baseline.learn(
            samples(9_000, .seconds(1)), at: ClockReading.at(7 * 86_400).wall, settings: settings)
        #expect(!isOfUse)
        #expect(baseline == before)
    }

    @Test("it holds for exactly 14 days, also on a clock that was set back, and is learned again only in between")
    func life() {
        let baseline = Baseline.frozen(.milliseconds(10))
        let days = 86_400.0
        func isStale(_ seconds: Double) -> Bool {
            if case .stale = baseline.state(at: ClockReading.at(seconds).wall, settings: settings) {
                true
            } else {
                false
            }
        }
        #expect(!isStale(14 * days) && isStale(14 * days + 0.001) && !isStale(-400 * days))
        for (seconds, isOfUse) in [(7 * days, false), (7 * days + 0.001, true), (30 * days, true)] {
            var baseline = baseline
            let learned = baseline.learn(samples(1), at: ClockReading.at(seconds).wall, settings: settings)
            #expect(learned == isOfUse)
        }
    }

    @Test("a stale one is replaced by what is learned in legacy, and not before that is complete")
    func replacement() {
        var baseline = Baseline.frozen(.milliseconds(10))
        let start = 20 * 86_400.0
        baseline.learn(samples(4_999, .milliseconds(20)), at: ClockReading.at(start).wall, settings: settings)
        #expect(baseline.state(at: ClockReading.at(start).wall, settings: settings).stage == .stale)
        baseline.learn(samples(1, .milliseconds(20)), at: ClockReading.at(start + 300).wall, settings: settings)
        #expect(baseline.state(at: ClockReading.at(start + 300).wall, settings: settings).stage == .frozen)
        #expect(baseline.frozen?.samples == samples(5_000, .milliseconds(20)))
    }

    @Test("in the second half of its life it is learned again, and holds until that is done")
    func renewal() {
        var baseline = Baseline.frozen(.milliseconds(10))
        let start = 7.0 * 86_400 + 1
        let isOfUse = baseline.learn(samples(4_000, .seconds(1)), at: ClockReading.at(start).wall, settings: settings)
        #expect(isOfUse)
        #expect(baseline.frozen?.samples == samples(5_000))
        baseline.learn(samples(1_000, .seconds(1)), at: ClockReading.at(start + 300).wall, settings: settings)
        #expect(baseline.frozen?.samples == samples(5_000, .seconds(1)))
        #expect(baseline.frozen?.frozenAt == ClockReading.at(start + 300).wall)
    }

    @Test("samples of long ago and of today make no baseline together")
    func forgetting() {
        var baseline = Baseline()
        baseline.learn(samples(4_999), at: ClockReading.at(0).wall, settings: settings)
        let later = ClockReading.at(15 * 86_400).wall
        baseline.learn(samples(1), at: later, settings: settings)
        #expect(baseline.state(at: later, settings: settings) == .learning(samples: 1))
    }

    @Test("it comes back from JSON as it was, half learned and frozen")
    func coding() throws {
        var learning = Baseline()
        learning.learn(samples(7), at: ClockReading.at(0).wall, settings: settings)
        for baseline in [learning, Baseline.frozen(.milliseconds(10)), Baseline()] {
            let data = try JSONEncoder().encode(baseline)
            #expect(try JSONDecoder().decode(Baseline.self, from: data) == baseline)
        }
    }
}
