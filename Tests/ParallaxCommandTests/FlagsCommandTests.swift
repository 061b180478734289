@testable import Settings
@testable import FeatureFlags
import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import GRDB
import ParallaxCore
import ParallaxService
import Testing

@testable import parallax

@Suite struct FlagsCommandTests {
    /// A flag file and a history that hold three changes: hybrid, a share of 10, legacy.
    private struct Scene {
        let file: String
        let database: String

        func open() async throws -> FlagStore {
            let settings = await Settings.load(environment: [:]).settings
            return try await FlagFileOption.parse(["--file", file]).open(
                settings, history: FlagFileOption.history(in: database))
        }

        func history() async throws -> [FlagHistoryEntry] {
            try await DivergenceStore(readingFrom: database).flagHistory(limit: 50)
        }

        func restore(_ number: Int, _ arguments: String...) async throws {
            try await FlagsRestore.parse(
                ["\(number)", "--by", "ada", "--reason", "back", "--file", file, "--database", database] + arguments
            ).run()
        }
    }

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let scene = Scene(file: folder.path + "/flags.json", database: folder.path + "/history.sqlite")
        try await Migrate.parse(["--database", scene.database]).run()
        let store = try await scene.open()
        await store.start()
        try await store.set(FlagUpdate(enforcementPercent: 10), by: "ann", reason: "first tenants")
        try await store.set(.rollback, by: "parallax-evaluator", reason: "redis_down")
        await store.finishHistory()
        try await body(scene)
    }

    @Test("a restore is a new change with a name and a reason, to the values after a change in the history")
    func restores() async throws {
        try await withScene { scene in
            try await scene.restore(2)
            let store = try await scene.open()
            #expect(store.current.strategy == .hybrid && store.current.enforcementPercent == 10)
            let newest = try #require(try await scene.history().first)
            #expect(newest.sequence == 4)
            #expect(newest.change.by == "ada" && newest.change.reason == "restores change 2: back")
            #expect(newest.change.from?.strategy == .legacy)
            try await scene.restore(3)
            #expect(try await scene.open().current.strategy == .legacy)
            #expect(try await DivergenceStore(readingFrom: scene.database).verifyFlagHistory() == nil)
        }
    }

    @Test("a restore leaves what others wrote since, and their rules unless it is told to empty them")
    func leavesOthers() async throws {
        try await withScene { scene in
            let rule = #""targeting": {"fractional": [["on", 50], ["off", 50]]}"#
            let text = try String(contentsOfFile: scene.file, encoding: .utf8)
                .replacing("\"targeting\": {}", with: rule, maxReplacements: 1)
                .replacing("\"flags\": {", with: #""flags": {"theirs": {"state": "ENABLED", "variants": {"x": 1}},"#)
            try text.write(toFile: scene.file, atomically: true, encoding: .utf8)
            try await scene.restore(2)
            let restored = try String(contentsOfFile: scene.file, encoding: .utf8)
            #expect(restored.contains("theirs") && restored.contains("fractional"))
            try await scene.restore(3, "--empty-targeting")
            let emptied = try String(contentsOfFile: scene.file, encoding: .utf8)
            #expect(emptied.contains("theirs") && !emptied.contains("fractional"))
        }
    }

    @Test("a change that is not in the history cannot be restored")
    func noSuchChange() async throws {
        try await withScene { scene in
            let failure = await #expect(throws: CommandFailure.self) { try await scene.restore(9) }
            #expect(failure?.status == .noInput)
            let count = try await scene.history().count
            #expect(count == 3)
        }
    }

    @Test("a history that was tampered with names the change, exits with 65, and is not restored from")
    func tampered() async throws {
        try await withScene { scene in
            let queue = try DatabaseQueue(path: scene.database)
            try await queue.write {
                try $0.execute(sql: "UPDATE flag_history SET changed_by = 'mallory' WHERE sequence = 2")
            }
            let listed = await #expect(throws: CommandFailure.self) {
                try await FlagsHistory.parse(["--database", scene.database]).run()
            }
            #expect(listed?.status == .badData && listed?.status.rawValue == 65)
            #expect(listed?.message.contains("change 2") == true)
            let restored = await #expect(throws: CommandFailure.self) { try await scene.restore(1) }
            #expect(restored?.status == .badData && restored?.message.contains("change 2") == true)
            #expect(try await scene.open().current.strategy == .legacy)

            let store = try DivergenceStore(readingFrom: scene.database)
            let text = FlagsHistory.text(
                try await store.flagHistory(limit: 9), fault: try await store.verifyFlagHistory())
            let lines = text.split(separator: "\n").filter { $0.contains("the chain is broken here") }
            #expect(lines.count == 1 && lines.first?.hasPrefix("2  ") == true)
        }
    }

    @Test("the history says who, what, when and why, with the number to restore by")
    func history() async throws {
        try await withScene { scene in
            let text = FlagsHistory.text(try await scene.history())
            #expect(text.hasPrefix("3  20"))
            #expect(text.contains(" UTC  parallax-evaluator\n  hybrid -> legacy (DISTRIBUTED_RATE_LIMITING_ENABLED"))
            #expect(text.contains(" UTC  ann\n  hybrid (DISTRIBUTED_ENFORCEMENT_PERCENT 0 -> 10)\n  first tenants"))
        }
    }

    @Test("flags show says which triggers are not armed, and a promotion says so for response times")
    func unarmed() async throws {
        try await withScene { scene in
            let health = try await scene.open().health
            let now = Timestamp(milliseconds: 971_211_336_000)
            func applied(_ name: String, _ unarmed: [String: String]?, age: Int64 = 0) -> InstanceStatus {
                var applied = InstanceStatus(
                    instance: name, contentHash: health.contentHash, since: now, strategy: "legacy", state: "ok",
                    isHeldAtLegacy: false, time: now + -age)
                applied.unarmed = unarmed
                return applied
            }
            let instances = [
                applied("a", ["response_time": "no baseline yet: 5 of 5,000", "error_rate": "0 attempts"]),
                applied("b", [:]), applied("c", nil), applied("d", ["response_time": "none"], age: 120_000),
            ]
            let lines = InstancesText(instances: instances, health: health, now: now).lines.split(separator: "\n")
            #expect(lines[0].hasSuffix("legacy  not armed: error_rate, response_time (no baseline yet: 5 of 5,000)"))
            #expect(lines[1].hasSuffix("legacy") && lines[2].hasSuffix("legacy"))
            #expect(
                Promote.unarmedNotes(instances, at: now) == [
                    "note: at instance a, slow callers cannot cause a rollback: no baseline yet: 5 of 5,000"
                ])
        }
    }

    @Test("flags show lists who is behind and since when, who deviates, and who was not seen lately")
    func instances() async throws {
        try await withScene { scene in
            let store = try await scene.open()
            let health = store.health
            let now = Timestamp(milliseconds: 971_211_336_000)
            func applied(_ name: String, hash: String?, strategy: String, age: Int64 = 0, isHeld: Bool = false)
                -> InstanceStatus
            {
                InstanceStatus(
                    instance: name, contentHash: hash, since: now + -90_000, strategy: strategy, state: "ok",
                    isHeldAtLegacy: isHeld, time: now + -age)
            }
            let text = InstancesText(
                instances: [
                    applied("a", hash: health.contentHash, strategy: "legacy"),
                    applied("b\u{1b}[2J", hash: "0123456789abcdef", strategy: "hybrid"),
                    applied("c", hash: health.contentHash, strategy: "hybrid"),
                    applied("d", hash: health.contentHash, strategy: "legacy", age: 120_000),
                ], health: health, now: now
            ).text
            let lines = text.split(separator: "\n").map(String.init)
            #expect(lines.count == 5)
            #expect(lines[1].contains("a") && lines[1].hasSuffix("current    legacy"))
            #expect(
                lines[2].contains("behind     hybrid  has content 01234567 since 2000-10-10 20:54:06 UTC; the file"))
            #expect(!lines[2].contains("\u{1b}"))
            #expect(
                lines[3].contains("deviating  hybrid  DISTRIBUTED_RATE_LIMITING_ENABLED=false in its environment wins"))
            #expect(lines[4].contains("silent     legacy  last seen 2000-10-10 20:53:36 UTC"))
            #expect(InstancesText(instances: [], health: health, now: now).text.isEmpty)
            for latch in [nil, RollbackLatch()] {
                #expect(LatchText(latch: latch, settings: RollbackSettings(), now: now).text.isEmpty)
            }
        }
    }

    @Test("flags show as JSON has the keys that programs rely on")
    func showJSON() async throws {
        try await withScene { scene in
            let store = try await scene.open()
            let json = try JSONText.make(FlagsDocument(store.health, fence: store.fence, latch: store.sharedLatch))
            let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
            for key in [
                "path", "state", "strategy", "effective", "file", "notes", "contentHash", "instances", "number",
            ] {
                #expect(object[key] != nil, "\(key)")
            }
            #expect(object["number"] as? Int == 2)
        }
    }
}
