import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import Logging
import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Simulation
import Testing

@testable import parallax

@Suite struct ReplayCommandTests {
    private func withFolder(_ body: (TemporaryFolder) async throws -> Void) async throws {
        let folder = try TemporaryFolder(for: "test")
        defer { folder.remove() }
        try await body(folder)
    }

    /// A log of two clients, one of which asks for more than a second allows, and a line that is none.
    private func write(to folder: TemporaryFolder) throws -> String {
        var lines = ["nonsense"]
        for second in 10..<40 {
            lines.append(#"192.0.2.1 - - [10/Oct/2000:13:55:\#(second) +0000] "GET / HTTP/1.1" 200 1"#)
            for _ in 0..<8 {
                lines.append(#"198.51.100.9 - - [10/Oct/2000:13:55:\#(second) +0000] "GET / HTTP/1.1" 200 1"#)
            }
        }
        let path = folder.path + "/access.log"
        try lines.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    /// Runs the command's plan into a database of its own.
    private func run(
        _ arguments: [String], in folder: TemporaryFolder, redis: RedisSettings? = nil
    ) async throws -> (ReplayOutcome, DivergenceReport) {
        var plan = try await ReplayLog.parse([write(to: folder)] + arguments).makePlan(environment: [:])
        plan.redis = redis
        let store = try DivergenceStore(path: "\(folder.path)/\(UUID().uuidString).sqlite")
        return (try await plan.run(recordingIn: store), try await store.report(maximumAffected: 10))
    }

    @Test("without options the settings and the documented defaults hold")
    func defaults() async throws {
        let plan = try await ReplayLog.parse(["x.log"]).makePlan(environment: [
            "RATE_LIMIT_PER_SECOND": "7", "LEGACY_ALGORITHM": "fixed_window", "LEGACY_MAX_IDENTITIES": "5",
        ])
        #expect(plan.log == "x.log")
        #expect(plan.policy.windows.map(\.limit) == [7, 60, 1000, 20])
        #expect(plan.simulation.algorithm == .fixedWindow)
        #expect(plan.simulation.bounds.identities == 5)
        #expect(plan.simulation.instances == 4)
        #expect(plan.simulation.balance == .roundRobin)
        #expect(plan.simulation.forecastSizes == [1, 2, 4, 8])
        #expect(plan.format == .auto)
        #expect(plan.identification == .client)
        #expect(plan.organization == "global")
        #expect(plan.reorderMilliseconds == 300_000)
        #expect(plan.redis == nil)
    }

    @Test("options stand above the settings, and a policy is exactly the windows that it names")
    func options() async throws {
        let plan = try await ReplayLog.parse([
            "-", "--instances", "3", "--balance", "client", "--algorithm", "token_bucket", "--identify", "network",
            "--policy", "minute=5,day=9/1d", "--reorder", "90s", "--forecast", "2,16", "--format", "json", "--redis",
            "redis://127.0.0.1:7000/2",
        ]).makePlan(environment: ["LEGACY_ALGORITHM": "fixed_window"])
        #expect(
            plan.policy.windows == [
                Window(name: "minute", limit: 5, durationMilliseconds: 60_000),
                Window(name: "day", limit: 9, durationMilliseconds: 86_400_000),
            ])
        #expect(plan.simulation.algorithm == .tokenBucket)
        #expect(plan.simulation.forecastSizes == [2, 16])
        #expect(plan.reorderMilliseconds == 90_000)
        #expect(plan.redis?.url.description == "redis://127.0.0.1:7000/2")
    }

    @Test(
        "a policy that cannot be held is refused with the window at fault",
        arguments: [("day=5", "day"), ("minute=0", "minute"), ("minute=5,minute=6", "minute"), ("day=5/60d", "day")])
    func badPolicies(policy: String, window: String) async throws {
        let command = try ReplayLog.parse(["x.log", "--policy", policy])
        let failure = await #expect(throws: CommandFailure.self) { _ = try await command.makePlan(environment: [:]) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains(window) == true)
    }

    @Test("a wrong limit among the settings ends the command, a wrong setting of something else does not")
    func wrongSettings() async throws {
        let command = try ReplayLog.parse(["x.log"])
        await #expect(throws: CommandFailure.self) {
            _ = try await command.makePlan(environment: ["RATE_LIMIT_PER_SECOND": "none"])
        }
        _ = try await command.makePlan(environment: ["HTTP_PORT": "none"])
    }

    @Test("the JSON is the report's own object, with forecast, log and run next to its keys")
    func document() async throws {
        try await withFolder { folder in
            let (outcome, report) = try await run([], in: folder)
            let text = try JSONText.make(ReplayDocument(outcome, report))
            let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let plain = try JSONSerialization.jsonObject(with: Data(JSONText.make(report).utf8)) as? [String: Any]
            #expect(Set(object.keys) == Set(try #require(plain).keys).union(["forecast", "log", "replay"]))
            #expect(object["compared"] as? Int == 270)
            #expect((object["control"] as? [String: Int])?["allowed"] == 270)
            #expect((object["candidate"] as? [String: Int])?["limited"] == report.kinds["newly_limited"])
            #expect((object["log"] as? [String: Any])?["malformed"] as? Int == 1)
            #expect((object["replay"] as? [String: Any])?["requests"] as? Int == 270)
            let fleets = (object["forecast"] as? [String: Any])?["fleets"] as? [[String: Any]]
            #expect(fleets?.map { $0["instances"] as? Int } == [1, 2, 4, 8])
            #expect(try JSONDecoder().decode(DivergenceReport.self, from: Data(text.utf8)) == report)
        }
    }

    @Test("the text leads from what was replayed over the report to the forecast")
    func text() async throws {
        try await withFolder { folder in
            let (outcome, report) = try await run([], in: folder)
            let head = ReplayText(outcome: outcome, style: .plain).head
            #expect(head.hasPrefix("Replayed 270 requests through 4 instances (round-robin, sliding_log)"))
            #expect(head.contains("271 lines: 270 requests, 1 malformed"))
            #expect(head.contains("limits: second 10 in 1 s, minute 60 in 1 min, hour 1,000 in 1 h, burst 20 in 10 s"))
            #expect(ReportText(report: report, style: .plain).text.hasPrefix("180 of 270 requests (66.7 %)"))
            #expect(
                ForecastText(outcome: outcome, style: .plain).text == """
                    Forecast: what fleets let through today, and what one shared limit would change
                      of 270 requests
                         instances  let through          newly refused          newly let through  clients newly refused
                                 1           90  33.3 %              0     0 %                  0                      0
                                 2          150  55.6 %             60  22.2 %                  0                      1
                                 4          270   100 %            180  66.7 %                  0                      1
                                 8          270   100 %            180  66.7 %                  0                      1
                      shared limit           90  33.3 %

                    Who starts to get 429s that 4 instances do not give today
                      client        429s  from and to (UTC)
                      198.51.100.9   180  2000-10-10 13:55:12 to 2000-10-10 13:55:39

                    Limits that keep whole what each fleet lets through today
                      the most that one client got through within the window; with less, the shared limit refuses some of it
                      window         limit now  1 inst.  2 inst.  4 inst.  8 inst.
                      second    1 s         10        8        8        8        8
                      minute  1 min         60       60      120      240      240
                      hour      1 h      1,000       60      120      240      240
                      burst    10 s         20       20       40       80       80
                    """)
        }
    }

    @Test("a real Redis comes to the same, keeps nothing of the run, and loses nothing of its own")
    func redis() async throws {
        try await withPrivateRedis { redis in
            try await withFolder { folder in
                let limiter = try RedisLimiter(settings: redis.settings, logger: Logger(label: "test"))
                let connection = Task { await limiter.run() }
                defer { connection.cancel() }
                let live = try CheckRequest(identity: Identity(identifier: "192.0.2.1"), policy: .defaultValue, cost: 3)
                #expect(await limiter.check(live, at: nil).isAllowed)
                let arguments = ["--balance", "random", "--algorithm", "fixed_window"]
                let (memory, memoryReport) = try await run(arguments, in: folder)
                let (real, realReport) = try await run(arguments, in: folder, redis: redis.settings)
                #expect(real.failure == nil)
                #expect(real.forecast == memory.forecast)
                #expect(realReport == memoryReport)
                #expect(realReport.diverged > 0)
                #expect(try await keys(of: limiter) == [RedisKey.text(for: live.identity)])
            }
        }
    }

    private func keys(of limiter: RedisLimiter) async throws -> [String] {
        let reply = try await limiter.client.send(RedisCommand("KEYS", "rate_limit:*"), deadline: .now() + .seconds(5))
        guard case .array(let keys) = reply else { return [] }
        return keys.compactMap { $0.text }
    }

    @Test("with hashed identities no client's name is left, in the report or the database")
    func hashed() async throws {
        try await withFolder { folder in
            let (outcome, report) = try await run(["--hash-identities"], in: folder)
            #expect(report.diverged > 0)
            #expect(outcome.forecast.fleets[2].newlyLimitedClients == 1)
            let text = try JSONText.make(ReplayDocument(outcome, report))
            #expect(!text.contains("198.51.100.9"))
            #expect(text.contains("\"~"))
        }
    }

    @Test("pseudonyms are the same for the same client, and others for others and in the next run")
    func pseudonyms() throws {
        let (first, second) = (CachedPseudonyms(), CachedPseudonyms())
        let identities = try (0..<1000).map { try Identity(organization: "acme", identifier: "192.0.2.\($0)") }
        #expect(Set(identities.map(first.rename)).count == 1000)
        #expect(first.rename(identities[1]) == first.rename(identities[1]))
        #expect(first.rename(identities[1]) != second.rename(identities[1]))
        #expect(first.rename(identities[1]).organization == "acme")
    }

    @Test("what is recorded lies in one file, which a report can be made from elsewhere")
    func recorded() async throws {
        try await withFolder { folder in
            let (path, copy) = (folder.path + "/new.sqlite", folder.path + "/copy.sqlite")
            try await ReplayLog.parse([write(to: folder), "--database", path, "--json"]).run()
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            let report = try await DivergenceStore(readingFrom: copy).report()
            #expect(report.compared == 270)
            #expect(report.dropped.isEmpty)
            #expect(report.from == Timestamp(milliseconds: 971_186_100_000))
        }
    }

    @Test("a log of which no line is a request ends without a report, and without an error")
    func nothing() async throws {
        try await withFolder { folder in
            let path = folder.path + "/empty.log"
            try "nonsense\n\n".write(toFile: path, atomically: false, encoding: .utf8)
            let plan = try await ReplayLog.parse([path]).makePlan(environment: [:])
            let store = try DivergenceStore(path: folder.path + "/empty.sqlite")
            let outcome = try await plan.run(recordingIn: store)
            #expect(outcome.judged == 0)
            #expect(ForecastText(outcome: outcome, style: .plain).text == "There is nothing to forecast from.")
            #expect(
                ReplayText(outcome: outcome, style: .plain).head.contains("2 lines: 0 requests, 1 malformed, 1 blank"))
        }
    }

    @Test("a log whose order cannot be put right is called doubtful")
    func doubtful() async throws {
        try await withFolder { folder in
            let path = folder.path + "/joined.log"
            let lines = [14, 12].flatMap { hour in
                (10..<60).map { #"192.0.2.1 - - [10/Oct/2000:\#(hour):55:\#($0) +0000] "GET / HTTP/1.1" 429 1"# }
            }
            try lines.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
            let plan = try await ReplayLog.parse([path]).makePlan(environment: [:])
            let store = try DivergenceStore(path: folder.path + "/joined.sqlite")
            let outcome = try await plan.run(recordingIn: store)
            #expect(outcome.order == ReorderTally(putInOrder: 0, tooLate: 50))
            let head = ReplayText(outcome: outcome, style: .plain).head
            #expect(head.contains("50 by more than 5 min, and were judged at the latest time seen"))
            #expect(head.contains("the forecast is doubtful"))
            #expect(head.contains("100 of the requests were answered with 429"))
        }
    }

    @Test("a file that is there is never written to")
    func existingDatabase() async throws {
        try await withFolder { folder in
            let path = try write(to: folder)
            let failure = await #expect(throws: CommandFailure.self) {
                try await ReplayLog.parse([path, "--database", path]).run()
            }
            #expect(failure?.status == .usage)
            #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("nonsense"))
        }
    }

    @Test(
        "a span of time has a unit",
        arguments: [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000), ("0s", 0)]
            as [(String, Int64)])
    func durations(text: String, milliseconds: Int64) {
        let duration = DurationArgument(argument: text)
        #expect(duration?.milliseconds == milliseconds)
        #expect(duration.flatMap { DurationArgument(argument: $0.defaultValueDescription) } == duration)
    }

    @Test("what is not a span of time is refused", arguments: ["", "5", "m", "-5m", "5w", "1.5h", "99999999999999d"])
    func noDurations(text: String) {
        #expect(DurationArgument(argument: text) == nil)
    }
}
