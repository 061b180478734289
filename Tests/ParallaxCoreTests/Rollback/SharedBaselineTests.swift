import Foundation
import ParallaxCore
import Testing

@Suite struct SharedBaselineTests {
    private static let settings = RollbackSettings.with {
        $0.baselineMinimumSamples = 1
        $0.baselineMinimumSeconds = 0
    }

    private func baseline(_ milliseconds: Int, _ source: ResponseTimeSource = .service, second: Double) -> Baseline {
        var baseline = Baseline()
        var samples = LatencyHistogram()
        samples.record(.milliseconds(milliseconds))
        baseline.learn(samples, from: source, at: ClockReading.at(second).wall, settings: Self.settings)
        return baseline
    }

    private func word(second: Double) -> Acknowledgement {
        Acknowledgement(time: ClockReading.at(second).wall, by: "Ada", reason: "learned while slow")
    }

    @Test("the newest of each source is shared, and what is being learned is not")
    func newest() throws {
        var shared = SharedBaseline()
        shared.merge(baseline(10, second: 5))
        shared.merge(baseline(20, second: 3))
        shared.merge(baseline(100, .application, second: 4))
        #expect(shared.baseline.frozen == baseline(10, second: 5).frozen)
        shared.merge(baseline(30, second: 6))
        #expect(shared.baseline.frozen == baseline(30, second: 6).frozen)
        var learning = Baseline()
        var samples = LatencyHistogram()
        samples.record(.milliseconds(1))
        learning.learn(samples, at: ClockReading.at(7).wall, settings: RollbackSettings())
        let before = shared
        shared.merge(learning)
        #expect(shared == before)
        let data = try JSONEncoder().encode(shared)
        #expect(try JSONDecoder().decode(SharedBaseline.self, from: data) == shared)
    }

    @Test("an instance without a baseline takes the shared one over, and one with its own keeps that")
    func adopt() throws {
        var shared = SharedBaseline()
        shared.merge(baseline(10, second: 5))
        var fresh = try RollbackEvaluator()
        let change1 = fresh.adopt(shared)
        #expect(change1)
        #expect(fresh.baseline.frozen == shared.baseline.frozen)
        let change2 = fresh.adopt(shared)
        #expect(!change2)
        var learned = try RollbackEvaluator()
        learned.adopt(baseline(20, second: 4))
        let change3 = learned.adopt(shared)
        #expect(!change3)
        #expect(learned.baseline.frozen == baseline(20, second: 4).frozen)
    }

    @Test("what is forgotten is forgotten everywhere, comes back from no instance, and can be learned again")
    func forget() throws {
        var shared = SharedBaseline()
        shared.merge(baseline(155, second: 5))
        shared.forget(word(second: 10))
        #expect(shared.baseline == Baseline())
        shared.merge(baseline(155, second: 5))
        #expect(shared.baseline == Baseline())
        var evaluator = try RollbackEvaluator()
        evaluator.adopt(baseline(155, second: 5))
        let change4 = evaluator.adopt(shared)
        #expect(change4)
        #expect(evaluator.baseline.frozen == nil)
        shared.merge(baseline(1, second: 11))
        let change5 = evaluator.adopt(shared)
        #expect(change5)
        #expect(evaluator.baseline.frozen == baseline(1, second: 11).frozen)
    }

    @Test("a service that takes longer than the floor without Redis is implausible, an application is not")
    func plausible() throws {
        let (fast, slow) = (baseline(4, second: 0), baseline(155, second: 0))
        let settings = RollbackSettings()
        #expect(try #require(fast.frozen).isPlausible(of: .service, settings: settings))
        #expect(!(try #require(slow.frozen).isPlausible(of: .service, settings: settings)))
        #expect(try #require(slow.frozen).isPlausible(of: .application, settings: settings))
        #expect(
            try #require(slow.frozen).isPlausible(
                of: .service, settings: .with { $0.responseTimeFloorMilliseconds = 200 })
        )
    }

    @Test("samples that were being learned when the baseline was forgotten are forgotten too")
    func learning() {
        var baseline = Baseline()
        var samples = LatencyHistogram()
        samples.record(.milliseconds(155))
        baseline.learn(samples, at: ClockReading.at(5).wall, settings: RollbackSettings())
        let change6 = baseline.forget(frozenUntil: ClockReading.at(6).wall)
        #expect(change6)
        #expect(baseline == Baseline())
    }
}
