import ParallaxCore
import Testing

@testable import Simulation

/// The figures that the documents state, on fewer days and runs.
@Suite struct StudyTests {
    private let settings = RollbackSettings()

    @Test("a few days with 3 % of errors see no rollback, at a low and at a high rate", arguments: [2.0, 1_000])
    func noFalseRollback(rate: Double) throws {
        let study = FalseRollbackStudy(
            ModelledService(requestsPerSecond: rate, errorPercent: 3), bar: .below(perDay: 0.01))
        let figure = try study.run(days: 5, settings: settings, seed: 1)
        #expect(figure.rollbacks == 0)
        // Five days are too few to be sure.
        #expect(figure.verdict == .undecided)
    }

    @Test("without bounds and minimum the same days see many: the study can find false rollbacks")
    func canFind() throws {
        var careless = settings
        careless.confidenceDeviations = 0.01
        careless.errorMinimum = 1
        let study = FalseRollbackStudy(
            ModelledService(requestsPerSecond: 0.5, errorPercent: 3), bar: .below(perDay: 0.01))
        let figure = try study.run(days: 5, settings: careless, seed: 1)
        #expect(figure.rollbacks > 20)
        #expect(figure.verdict == .missed)
    }

    @Test(
        "errors are noticed within their bars at 10 requests a second",
        arguments: [(8.0, 300), (20, 120), (50, 60), (100, 40)])
    func errors(percent: Double, seconds: Int) throws {
        let study = DetectionStudy(
            ModelledService(requestsPerSecond: 10, errorPercent: 0.1), CandidateCondition(errorPercent: percent),
            barSeconds: seconds)
        let figure = try study.run(runs: 25, settings: settings, seed: 2)
        #expect(figure.verdict == .met)
        #expect(figure.triggers == [.errorRate: 25])
    }

    @Test("Redis down is noticed within 150 s, also where a few probes succeed", arguments: [0.0, 5, 10, 20])
    func redisDown(successPercent: Double) throws {
        let study = DetectionStudy(
            ModelledService(requestsPerSecond: 10, errorPercent: 0.1),
            CandidateCondition(redisSuccessPercent: successPercent), barSeconds: 150)
        let figure = try study.run(runs: 201, settings: settings, seed: 3)
        #expect(figure.verdict == .met)
        #expect(figure.delays.first.map { $0 > 120 } == true)
    }

    @Test(
        "a Redis that goes down again and again is noticed within its bar", arguments: RollbackTables.crashLoopStudies)
    func crashLoops(study: DetectionStudy) throws {
        let figure = try study.run(runs: 25, settings: settings, seed: 6)
        if study.barSeconds == nil {
            #expect(figure.delays.isEmpty)
        } else {
            #expect(figure.verdict == .met)
            #expect(figure.triggers == [.redisDown: 25])
        }
        // What was not noticed before outages were summed up.
        let separately = try study.run(runs: 25, settings: settings.with { $0.redisDownWindowSeconds = 0 }, seed: 6)
        #expect(separately.delays.isEmpty)
    }

    @Test("outages that are short and rare roll nothing back", arguments: RollbackTables.rareOutageStudies)
    func rareOutages(study: FalseRollbackStudy) throws {
        #expect(try study.run(days: 2, settings: settings, seed: 7).rollbacks == 0)
    }

    @Test("response times that only swing over the day roll nothing back")
    func unchangedLatency() throws {
        let study = FalseRollbackStudy(
            ModelledService(requestsPerSecond: 5, latency: RollbackTables.shapes[4], latencySwing: 0.2),
            bar: .never(inDays: 1))
        #expect(try study.run(days: 1, settings: settings, seed: 4).verdict == .met)
    }

    @Test("four times as slow is noticed within five minutes", arguments: RollbackTables.shapes)
    func latency(shape: LatencyShape) throws {
        let study = DetectionStudy(
            ModelledService(requestsPerSecond: 5, latency: shape), CandidateCondition(latencyFactor: 4),
            barSeconds: 300)
        let figure = try study.run(runs: 5, settings: settings, seed: 5)
        #expect(figure.verdict == .met)
        #expect(figure.triggers == [.responseTime: 5])
    }

    @Test("a study gives the same figures for the same seed, and others for another")
    func deterministic() throws {
        let study = DetectionStudy(
            ModelledService(requestsPerSecond: 10, errorPercent: 0.1), CandidateCondition(errorPercent: 20))
        let figure = try study.run(runs: 10, settings: settings, seed: 7)
        #expect(try study.run(runs: 10, settings: settings, seed: 7) == figure)
        #expect(try study.run(runs: 10, settings: settings, seed: 8) != figure)
    }

    @Test("runs that see no rollback count as endless")
    func quantiles() {
        let detection = Detection(
            service: ModelledService(requestsPerSecond: 1), condition: .healthy, barSeconds: 10, runs: 10,
            delays: [1, 2, 3, 4, 5, 11], triggers: [:])
        #expect(detection.medianSeconds == 5)
        #expect(detection.p95Seconds == nil)
        #expect(detection.verdict == .met)
        let rarely = Detection(
            service: ModelledService(requestsPerSecond: 1), condition: .healthy, barSeconds: 10, runs: 10,
            delays: [1, 2, 3, 4], triggers: [:])
        #expect(rarely.medianSeconds == nil)
        #expect(rarely.verdict == .missed)
    }

    @Test("a bar is met by what the days show with certainty, and missed by what they show at all")
    func verdicts() {
        func figure(_ rollbacks: Int, days: Int, _ bar: FalseRollbacks.Bar?) -> StudyVerdict? {
            FalseRollbacks(
                service: ModelledService(requestsPerSecond: 1), condition: .healthy, bar: bar, days: days,
                rollbacks: rollbacks
            ).verdict
        }
        #expect(figure(0, days: 400, .below(perDay: 0.01)) == .met)
        #expect(figure(0, days: 299, .below(perDay: 0.01)) == .undecided)
        #expect(figure(1, days: 400, .below(perDay: 0.01)) == .undecided)
        #expect(figure(4, days: 400, .below(perDay: 0.01)) == .missed)
        #expect(figure(0, days: 100, .never(inDays: 100)) == .met)
        #expect(figure(0, days: 99, .never(inDays: 100)) == .undecided)
        #expect(figure(1, days: 1_000, .never(inDays: 100)) == .missed)
        #expect(figure(0, days: 1, nil) == nil)
    }

    @Test("every cell of a table has its place, whatever the processors are busy with")
    func tables() async throws {
        let extent = RollbackTables.Extent(days: 1, latencyDays: 1, runs: 2, seed: 9)
        var tables = RollbackTables()
        try await tables.fill(.redisDown, extent, settings: settings)
        #expect(tables.redisDown.map(\.condition.redisSuccessPercent) == [0, 5, 10, 20, 30, 50])
        var again = RollbackTables()
        try await again.fill(.redisDown, extent, settings: settings)
        #expect(again == tables)
        #expect(tables.verdicts.count == 4)
    }

    @Test("settings out of their range are refused")
    func refused() async throws {
        var settings = settings
        settings.errorShortWindowSeconds = 301
        let extent = RollbackTables.Extent(days: 1, latencyDays: 1, runs: 2, seed: 9)
        await #expect(throws: RollbackSettingsError.self) {
            var tables = RollbackTables()
            try await tables.fill(.errors, extent, settings: settings)
        }
    }
}

extension RollbackSettings {
    fileprivate func with(_ change: (inout RollbackSettings) -> Void) -> RollbackSettings {
        var settings = self
        change(&settings)
        return settings
    }
}
