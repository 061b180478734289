import ParallaxCore
import Testing

@testable import Simulation

@Suite struct RollbackScenarioTests {
    private let settings = RollbackSettings()

    @Test("an outage a day is rolled back once each, and nothing else is")
    func outages() throws {
        var scenario = RollbackScenario(ModelledService(requestsPerSecond: 10, errorPercent: 1))
        scenario.outage = .init(seconds: 300, successPercent: 0)
        scenario.days = 3
        let outcome = try scenario.run(settings: settings, seed: 1)
        #expect(outcome.outages.count == 3)
        #expect(outcome.rollbacks(by: .redisDown, duringOutage: true) == 3)
        #expect(outcome.rollbacks.count == 3)
        #expect(try #require(outcome.delay(share: 1)) <= 131)
        #expect(outcome.rollbacks.map(\.day) == [0, 1, 2])
    }

    @Test("outages shorter than the limit roll nothing back")
    func shortOutages() throws {
        var scenario = RollbackScenario(ModelledService(requestsPerSecond: 10))
        scenario.outage = .init(seconds: 110, successPercent: 0)
        scenario.days = 3
        let outcome = try scenario.run(settings: settings, seed: 1)
        #expect(outcome.rollbacks.isEmpty)
        #expect(outcome.outages == [nil, nil, nil])
        #expect(outcome.delay(share: 0.5) == nil)
        var hasty = settings
        hasty.outagesAsErrors = true
        #expect(try scenario.run(settings: hasty, seed: 1).rollbacks(by: .errorRate, duringOutage: true) == 3)
    }

    @Test("a crash loop a day is rolled back, and not if each outage is judged by itself")
    func crashLoop() throws {
        var scenario = RollbackScenario(ModelledService(requestsPerSecond: 10))
        scenario.outage = .init(seconds: 100, successPercent: 0, upSeconds: 60)
        scenario.days = 3
        let outcome = try scenario.run(settings: settings, seed: 1)
        #expect(outcome.outages.allSatisfy { $0.map { (180...190).contains($0) } == true })
        var each = settings
        each.redisDownWindowSeconds = 0
        #expect(try scenario.run(settings: each, seed: 1).rollbacks.isEmpty)
    }

    @Test("a candidate that slows callers down is rolled back by their response times")
    func slow() throws {
        var scenario = RollbackScenario(
            ModelledService(requestsPerSecond: 5, latency: LatencyShape(medianMilliseconds: 20, spread: 1)))
        scenario.latencyFactor = 4
        scenario.days = 1
        let outcome = try scenario.run(settings: settings, seed: 1)
        #expect(outcome.rollbacks(by: .responseTime, duringOutage: false) > 10)
        #expect(outcome.rollbacks.first?.evaluation.sentence.contains("p95") == true)
    }
}
