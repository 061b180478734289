import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxService
import Replay
import Testing

@testable import parallax

@Suite struct DatabaseCommandTests {
    private func withFolder(_ body: (DemoFolder) async throws -> Void) async throws {
        let folder = try DemoFolder()
        defer { folder.remove() }
        try await body(folder)
    }

    @Test("every error of a database is told with an exit code and its own message")
    func explained() async throws {
        try await withFolder { folder in
            let missing = #expect(throws: (any Error).self) {
                _ = try DivergenceStore(readingFrom: folder.path + "/no")
            }
            #expect(missing.flatMap(CommandFailure.init(explaining:))?.status == .noInput)
            let path = folder.path + "/text"
            try String(repeating: "no database ", count: 100).write(toFile: path, atomically: false, encoding: .utf8)
            let text = #expect(throws: (any Error).self) { _ = try DivergenceStore(readingFrom: path) }
            let failure = text.flatMap(CommandFailure.init(explaining:))
            #expect(failure?.status == .badData)
            #expect(failure?.message.contains(path) == true)
        }
    }

    @Test("errors of the other parts are told too, and only those that nobody knows are left")
    func explainedOthers() {
        struct Unknown: Error {}
        let damaged = ReplayError(code: .damagedGzip, path: "x.gz", message: "is cut short")
        #expect(CommandFailure(explaining: damaged)?.status == .badData)
        #expect(CommandFailure(explaining: RollbackLatchError.notLatched)?.status == .failure)
        #expect(CommandFailure(explaining: CommandFailure(.usage, "m", remedy: "r"))?.description == "m\n  r")
        #expect(CommandFailure(explaining: Unknown()) == nil)
    }

    @Test("migrating makes a database that a report can be read from, and again changes nothing")
    func migrate() async throws {
        try await withFolder { folder in
            let path = folder.path + "/new.sqlite"
            for _ in 0..<2 { try await Migrate.parse(["--database", path]).run() }
            let report = try await DivergenceStore(readingFrom: path).report()
            #expect(report.compared == 0)
        }
    }

    @Test("a report as JSON has the keys that programs rely on")
    func reportJSON() throws {
        let json = try JSONText.make(DivergenceReport())
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let keys = [
            "compared", "agreed", "diverged", "incomparable", "dropped", "control", "candidate", "kinds", "causes",
        ]
        for key in keys { #expect(object[key] != nil, "\(key)") }
        #expect(object["control"] as? [String: Int] == ["allowed": 0, "limited": 0])
    }

    @Test("flags set by hand are in the file and in the history, with who and why")
    func flagsSet() async throws {
        try await withFolder { folder in
            let database = folder.path + "/history.sqlite"
            let file = folder.path + "/flags.json"
            try await Migrate.parse(["--database", database]).run()
            let store = try await FlagFileOption.parse(["--file", file]).open(
                await Settings.load(environment: [:]).settings)
            let update = FlagUpdate(strategy: .hybrid, assignments: [], emptiesTargeting: false)
            let change = try #require(try await store.set(update, by: "ada", reason: "start comparing"))
            try await DivergenceStore(path: database).append(change)

            let entries = try await DivergenceStore(readingFrom: database).flagHistory(limit: 10)
            #expect(entries.map(\.change.by) == ["ada"])
            #expect(
                FlagsHistory.text(entries).hasSuffix(
                    "UTC  ada\n  legacy -> hybrid (DISTRIBUTED_RATE_LIMITING_ENABLED false -> true, HYBRID_RATE_LIMITING false -> true)\n  start comparing"
                ))
            let reread = try await FlagFileOption.parse(["--file", file]).open(
                await Settings.load(environment: [:]).settings)
            #expect(reread.health.effective.strategy == .hybrid)
            #expect(FlagsText(health: reread.health).text.hasPrefix("strategy  hybrid\nfile      \(file)\n"))
            let json = try JSONText.make(FlagsDocument(reread.health))
            #expect(json.contains("\"HYBRID_RATE_LIMITING\" : true"))
            #expect(json.contains("\"strategy\" : \"hybrid\""))
        }
    }

    @Test("a rollback is listed with its sentence, and says whether it waits for a person")
    func rollbackHistory() async throws {
        try await withFolder { folder in
            let store = try DivergenceStore(path: folder.path + "/r.sqlite")
            let evaluation = Evaluation(
                trigger: .redisDown, time: Timestamp(milliseconds: 971_211_336_000), state: .firing,
                figures: ["downSeconds": 121], sentence: "no good run of Redis for 121 s")
            var legacy = FlagValues.standard
            legacy.distributedEnabled = false
            try await store.record(
                Rollback(evaluation: evaluation, isDryRun: false, flagsBefore: .standard, flagsAfter: legacy))
            let waiting = try await store.rollbacks(limit: 5)
            #expect(
                RollbackHistory.text(waiting) == """
                    1  2000-10-10 20:55:36 UTC  redis_down
                      no good run of Redis for 121 s
                      hybrid -> legacy (DISTRIBUTED_RATE_LIMITING_ENABLED true -> false)
                      not acknowledged: see 'parallax rollback acknowledge'
                    """)
            try await store.acknowledge(
                .all, Acknowledgement(time: Timestamp(milliseconds: 971_211_396_000), by: "ada", reason: "moved"))
            let seen = try await store.rollbacks(limit: 5)
            #expect(RollbackHistory.text(seen).hasSuffix("acknowledged 2000-10-10 20:56:36 UTC by ada: moved"))
            #expect(try JSONText.make(seen.map(RollbackDocument.init)).contains("\"downSeconds\" : 121"))
        }
    }
}
