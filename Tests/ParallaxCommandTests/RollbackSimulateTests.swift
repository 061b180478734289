import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import ParallaxCore
import Testing

@testable import Simulation
@testable import parallax

@Suite struct RollbackSimulateTests {
    @Test("without options the tables are printed, for the service's settings")
    func defaults() throws {
        let command = try RollbackSimulate.parse([])
        #expect(command.scenario.isEmpty)
        #expect(command.trial.changes == RollbackSettings.Changes())
        #expect(command.seed == RollbackSimulate.defaultSeed)
        #expect(command.table.isEmpty)
        let two = try RollbackSimulate.parse(["--table", "redis-down", "--table", "crash-loops"])
        #expect(two.table == [.redisDown, .crashLoops])
    }

    @Test("a scenario of one's own has what the options say")
    func scenario() throws {
        let command = try RollbackSimulate.parse([
            "--rate", "5", "--errors", "2.5", "--latency-median", "12", "--latency-spread", "0.5", "--latency-factor",
            "3", "--outage", "10m", "--outage-up", "1m", "--probe-success", "15", "--daily-swing", "40", "--days", "7",
            "--seed", "3",
        ])
        let scenario = command.scenario.makeScenario(days: 7)
        var expected = RollbackScenario(
            ModelledService(
                requestsPerSecond: 5, errorPercent: 2.5, rateSwing: 0.4,
                latency: LatencyShape(medianMilliseconds: 12, spread: 0.5)))
        expected.latencyFactor = 3
        expected.outage = .init(seconds: 600, successPercent: 15, upSeconds: 60)
        expected.days = 7
        #expect(scenario == expected)
        #expect(try RollbackSimulate.parse(["--rate", "3"]).scenario.makeScenario(days: 1).service.latency == nil)
    }

    @Test("settings to try are named as the settings are")
    func settings() throws {
        let command = try RollbackSimulate.parse([
            "--redis-down-seconds", "60", "--redis-down-window-seconds", "900", "--error-rate-percent", "3",
            "--error-window-seconds", "200",
            "--error-short-window-seconds", "30", "--error-minimum", "50", "--outages-as-errors", "true",
            "--response-time-factor", "3", "--response-time-minimum", "200", "--response-time-floor-ms", "9",
            "--response-time-unwaited", "true", "--evaluation-interval", "5",
        ])
        var expected = RollbackSettings()
        expected.redisDownSeconds = 60
        expected.redisDownWindowSeconds = 900
        expected.errorRatePercent = 3
        expected.errorWindowSeconds = 200
        expected.errorShortWindowSeconds = 30
        expected.errorMinimum = 50
        expected.outagesAsErrors = true
        expected.responseTimeFactor = 3
        expected.responseTimeMinimum = 200
        expected.responseTimeFloorMilliseconds = 9
        expected.responseTimeUnwaited = true
        expected.evaluationInterval = 5
        #expect(try command.trial.settings(over: RollbackSettings()) == expected)
        let refused = try RollbackSimulate.parse(["--error-window-seconds", "10"])
        let failure = #expect(throws: CommandFailure.self) {
            try refused.trial.settings(over: RollbackSettings())
        }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("errorShortWindowSeconds") == true)
    }

    @Test(
        "what makes no sense is refused as usage",
        arguments: [
            ["--rate", "0"], ["--rate", "nan"], ["--errors", "101"], ["--outage", "500ms"], ["--outage", "13h"],
            ["--probe-success", "5"], ["--outage-up", "5s"], ["--outage", "1m", "--outage-up", "2h"],
            ["--database", "a", "--redis-down-window-seconds", "100"], ["--days", "0"], ["--runs", "0"],
            ["--since", "1d"], ["--until", "1d"],
            ["--table", "outages"], ["--database", "a", "--table", "errors"], ["--database", "a", "--rate", "5"],
            ["--database", "a", "--days", "5"],
            ["--database", "a", "--error-window-seconds", "100"],
            ["--database", "a", "--evaluation-interval", "5"], ["--latency-spread", "9"], ["--daily-swing", "100"],
        ])
    func refused(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try RollbackSimulate.parse(arguments) }
        #expect(error.map { Parallax.exitCode(for: $0).rawValue } == CommandFailure.Status.usage.rawValue)
    }

    @Test("tables show each figure next to its bar, and say whether it is met")
    func tables() throws {
        var tables = RollbackTables()
        let service = ModelledService(requestsPerSecond: 2, errorPercent: 0)
        tables.falseRollbacks = [
            FalseRollbacks(
                service: service, condition: .healthy, bar: .below(perDay: 0.01), days: 400, rollbacks: 0),
            FalseRollbacks(
                service: service, condition: .healthy, bar: .below(perDay: 0.01), days: 400, rollbacks: 800),
            FalseRollbacks(service: service, condition: .healthy, bar: nil, days: 400, rollbacks: 1),
        ]
        tables.errors = [
            Detection(
                service: ModelledService(requestsPerSecond: 10), condition: CandidateCondition(errorPercent: 20),
                barSeconds: 120, runs: 4, delays: [90, 95, 130], triggers: [.errorRate: 2, .redisDown: 1])
        ]
        let extent = RollbackTables.Extent(days: 400, latencyDays: 100, runs: 4, seed: 1)
        let text = RollbackTablesText(tables: tables, extent: extent)
        #expect(text.text(of: .falseRollbacks).contains("0 (0.0075) met  2.00 (2.12) missed  0.0025 (0.0119)"))
        let line = try #require(text.text(of: .errors).split(separator: "\n").last)
        #expect(
            line.split(separator: " ").joined(separator: " ")
                == "10 20 % 95 s - 75 % redis_down 33.3 %, error_rate 66.7 % 120 s met")
        #expect(text.summary == "Of 3 figures with a bar: 2 met, 1 missed, 0 undecided.")
    }

    @Test("the JSON of tables and scenarios has the keys that programs rely on")
    func json() throws {
        let extent = RollbackTables.Extent(days: 1, latencyDays: 1, runs: 1, seed: 7)
        let tables = try object(RollbackTablesDocument(RollbackTables(), extent, RollbackSettings()))
        #expect(tables["seed"] as? Int == 7)
        for key in [
            "settings", "falseRollbacks", "errors", "redisDown", "crashLoops", "rareOutages", "unchangedLatency",
            "latency",
        ] {
            #expect(tables[key] != nil, "\(key)")
        }
        var scenario = RollbackScenario(ModelledService(requestsPerSecond: 10))
        scenario.outage = .init(seconds: 300, successPercent: 0)
        scenario.days = 1
        let outcome = try scenario.run(settings: RollbackSettings(), seed: 1)
        let document = try object(ScenarioDocument(outcome, seed: 1, RollbackSettings()))
        #expect(document["outages"] as? Int == 1)
        #expect(document["outagesRolledBack"] as? Int == 1)
        let rollbacks = try #require(document["rollbacks"] as? [[String: Any]])
        #expect(rollbacks.first?["trigger"] as? String == "redis_down")
        let text = ScenarioText(outcome: outcome, seed: 1, settings: RollbackSettings()).text
        #expect(text.contains("1 outage of 5 min: 1 rolled back"))
        #expect(text.contains("redis_down  no good run of Redis for 12"))
    }

    @Test("a database's evaluations are judged again and shown next to what fired")
    func rejudged() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try DivergenceStore(path: folder.path + "/a.sqlite")
        var evaluator = try RollbackEvaluator()
        for second in Int64(0)..<400 {
            let now = ClockReading(
                steadyMilliseconds: second * 1000, wall: .init(milliseconds: 1_800_000_000_000 + second * 1000))
            evaluator.probe(success: true, at: now)
            evaluator.count(AttemptTally(decided: 96, errors: 4), at: now)
            if second % 10 == 0 { try await store.record(evaluator.evaluate(at: now, strategy: .hybrid).evaluations) }
        }
        let changes = try RollbackSimulate.parse(["--database", "a", "--error-rate-percent", "3"]).trial.changes
        let history = try await RejudgedHistory.read(store, since: nil, until: nil, changes: changes)
        let text = RejudgedText(history: history, rollbacks: []).text
        #expect(text.contains("errors above 3 %, all else as it was"))
        #expect(text.contains("error_rate  (and did not)"))
        #expect(text.contains("error rate 4 % (lower bound 3."))
        #expect(text.contains("Nothing was rolled back"))
        #expect(text.contains("other window lengths"))
        let document = try object(RejudgedDocument(history, []))
        #expect((document["fired"] as? [Any])?.isEmpty == true)
        #expect((document["wouldFire"] as? [[String: Any]])?.first?["trigger"] as? String == "error_rate")
        let none = try await RejudgedHistory.read(
            store, since: Timestamp(milliseconds: 1_900_000_000_000), until: nil, changes: changes)
        #expect(RejudgedText(history: none, rollbacks: []).text == "No evaluation is stored for that time.")
    }

    private func object(_ value: some Encodable) throws -> [String: Any] {
        let json = try JSONText.make(value)
        return try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }
}
