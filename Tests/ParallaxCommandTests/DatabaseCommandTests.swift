import CommandSupport
import FeatureFlags
@testable import Settings
import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxService
import Simulation
import Testing

@testable import parallax

@Suite struct DatabaseCommandTests {
    private func withFolder(_ body: (TemporaryFolder) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
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

    @Test("errors of the other parts are explained too, and only unknown ones are left")
    func explainedOthers() {
        struct Unknown: Error {}
        let damaged = AccessLogError(code: .damagedGzip, path: "x.gz", message: "is cut short")
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
            let settings = await Settings.load(environment: [:]).settings
            let history = try DivergenceStore(path: database)
            let store = try await FlagFileOption.parse(["--file", file]).open(settings, history: history)
            let update = FlagUpdate(strategy: .legacy, assignments: [], emptiesTargeting: false)
            let change = try #require(try await store.set(update, by: "ada", reason: "before the move"))
            #expect(change.by == "ada")
            await store.finishHistory()

            let entries = try await DivergenceStore(readingFrom: database).flagHistory(limit: 10)
            #expect(entries.map(\.change.by) == ["ada"])
            #expect(
                FlagsHistory.text(entries).hasSuffix("UTC  ada\n  legacy\n  before the move"))
            let reread = try await FlagFileOption.parse(["--file", file]).open(
                await Settings.load(environment: [:]).settings)
            #expect(reread.health.effective.strategy == .legacy)
            #expect(FlagsText(health: reread.health).text.hasPrefix("strategy  legacy\nfile      \(file)\n"))
            let json = try JSONText.make(FlagsDocument(reread.health))
            #expect(json.contains("\"HYBRID_RATE_LIMITING\" : true"))
            #expect(json.contains("\"strategy\" : \"legacy\""))
        }
    }

    @Test("a rollback is listed with its sentence, and says whether it waits for a person")
    func rollbackHistory() async throws {
        try await withFolder { folder in
            let store = try DivergenceStore(path: folder.path + "/r.sqlite")
            let evaluation = Evaluation(
                trigger: .redisDown, time: Timestamp(milliseconds: 971_211_336_000), state: .firing,
                numbers: ["downSeconds": 121], sentence: "no good run of Redis for 121 s")
            var legacy = FlagValues.defaultValue
            legacy.distributedEnabled = false
            try await store.record(
                Rollback(evaluation: evaluation, isDryRun: false, flagsBefore: .defaultValue, flagsAfter: legacy))
            let waiting = try await store.rollbacks(limit: 5)
            #expect(
                RollbackEntry.merge(stored: waiting, kept: [], shared: nil).map(\.text).joined() == """
                    1  2000-10-10 20:55:36 UTC  redis_down
                      no good run of Redis for 121 s
                      hybrid -> legacy (DISTRIBUTED_RATE_LIMITING_ENABLED true -> false)
                      not acknowledged: see 'parallax rollback acknowledge'
                    """)
            _ = try await SQLiteRollbackStore(store: store).changeLatch { $0.fire(evaluation) }
            try await RollbackAcknowledge.parse([
                "--database", folder.path + "/r.sqlite", "--by", "ada", "--reason", "moved",
            ]).run()
            let seen = try await store.rollbacks(limit: 5)
            let entries = RollbackEntry.merge(stored: seen, kept: [], shared: nil)
            #expect(entries.first?.text.hasSuffix(" UTC by ada: moved") == true)
            #expect(try JSONText.make(entries.map(RollbackDocument.init)).contains("\"downSeconds\" : 121"))
            // Once is enough.
            await #expect(throws: RollbackLatchError.notLatched) {
                try await RollbackAcknowledge.parse([
                    "--database", folder.path + "/r.sqlite", "--by", "ada", "--reason", "again",
                ]).run()
            }
        }
    }

    @Test("an acknowledgement of a database that is not there makes none")
    func acknowledgesNothing() async throws {
        try await withFolder { folder in
            let path = folder.path + "/no.sqlite"
            let failure = await #expect(throws: CommandFailure.self) {
                try await RollbackAcknowledge.parse(["--database", path, "--reason", "x"]).run()
            }
            #expect(failure?.status == .noInput)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}
