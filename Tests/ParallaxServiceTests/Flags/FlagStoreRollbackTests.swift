@testable import FeatureFlags
import Foundation
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct FlagStoreRollbackTests {
    @Test("a rollback flips the file and empties the rules that would win over it")
    func flips() async throws {
        try await FlagFolder.with { folder in
            let rule = #""targeting": {"fractional": [["on", 50], ["off", 50]]}"#
            let text = String(decoding: FlagDefinitionFile.canonical(.distributed).bytes, as: UTF8.self)
            try folder.write(text.replacing("\"targeting\": {}", with: rule, maxReplacements: 1))
            let store = await folder.startedStore()
            let rollback = await store.rollBackToLegacy(by: "parallax-evaluator", reason: "redis_down")
            guard case .flipped(let change) = rollback else {
                Issue.record("\(rollback)")
                return
            }
            #expect(store.current.strategy == .legacy)
            #expect(change.by == "parallax-evaluator" && change.from?.strategy == .distributedOnly)
            #expect(!String(decoding: try folder.content(), as: UTF8.self).contains("fractional"))
            #expect(await store.rollBackToLegacy(by: "parallax-evaluator", reason: "again") == .alreadyLegacy)
        }
    }

    @Test(
        "a rollback replaces an invalid file, from the last good one, and keeps it next to the new one",
        arguments: [("", 1), ("garbage", 1), (#"{"flags": {}, "flags": {}}"#, 1), ("x", 10_000_000)])
    func invalidFile(piece: String, count: Int) async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try await store.set(FlagUpdate(enforcementPercent: 50), by: "ann", reason: "test")
            try folder.write(String(repeating: piece, count: count))
            guard case .flipped = await store.rollBackToLegacy(by: "evaluator", reason: "test") else {
                Issue.record("not flipped")
                return
            }
            let file = try FlagDefinitionFile(parsing: try folder.content(), fallback: .defaultValue)
            #expect(file.values.strategy == .legacy)
            #expect(store.health.state == .ok)
            #expect(try folder.others().count == 1)
        }
    }

    @Test("where nothing can be written the instance is held at legacy, and the file follows when it can be")
    func held() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let heard = Mutex<[FlagEvent]>([])
            store.observe { event in heard.withLock { $0.append(event) } }
            try FileManager.default.removeItem(atPath: folder.path)
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: false)
            guard case .held(let error) = await store.rollBackToLegacy(by: "evaluator", reason: "redis_down") else {
                Issue.record("not held")
                return
            }
            #expect(error.message.contains(folder.path))
            #expect(store.current.strategy == .legacy)
            #expect(store.health.isHeldAtLegacy && !store.health.isHealthy)
            folder.clock.advance(seconds: 6)
            await store.refresh()
            #expect(heard.withLock { $0 }.count { if case .heldAtLegacy = $0 { true } else { false } } == 1)

            try FileManager.default.removeItem(atPath: folder.path)
            try folder.write(String(decoding: FlagDefinitionFile.canonical(.defaultValue).bytes, as: UTF8.self))
            folder.clock.advance(seconds: 6)
            await store.refresh()
            #expect(store.health.file == store.current)
        }
    }

    @Test("a disk that hangs holds the instance at legacy until the rollback is written", .timeLimit(.minutes(1)))
    func hangingDisk() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let gate = DispatchSemaphore(value: 0)
            let (begun, begin) = AsyncStream<Void>.makeStream()
            async let hang: Void = store.onQueue {
                begin.finish()
                gate.wait()
            }
            for await _ in begun {}
            async let rollback = store.rollBackToLegacy(by: "evaluator", reason: "redis_down")
            while store.current.strategy != .legacy { await Task.yield() }
            #expect(store.health.isHeldAtLegacy)
            #expect(store.health.file.strategy == .hybrid)
            gate.signal()
            await hang
            guard case .flipped = await rollback else {
                Issue.record("not flipped")
                return
            }
            #expect(!store.health.isHeldAtLegacy)
            let file = try FlagDefinitionFile(parsing: folder.content(), fallback: .defaultValue)
            #expect(file.values.strategy == .legacy)
        }
    }

    @Test("a hold ends in a rollback of the file when the file comes back as it was")
    func heldUntilBack() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let aside = folder.folder + "/aside"
            try FileManager.default.moveItem(atPath: folder.path, toPath: aside)
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: false)
            _ = await store.rollBackToLegacy(by: "evaluator", reason: "redis_down")
            try FileManager.default.removeItem(atPath: folder.path)
            try FileManager.default.moveItem(atPath: aside, toPath: folder.path)
            await store.refresh()
            #expect(store.health.isHeldAtLegacy)
            folder.clock.advance(seconds: 6)
            await store.refresh()
            #expect(!store.health.isHeldAtLegacy)
            #expect(store.health.file.strategy == .legacy)
            #expect(folder.history.changes.last?.by == "evaluator")
        }
    }
}
