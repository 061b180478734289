@testable import FeatureFlags
import Foundation
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct FlagStoreReadingTests {
    static let canonicalLegacy = String(decoding: FlagDefinitionFile.canonical(.legacy).bytes, as: UTF8.self)

    @Test("a missing file is made from the environment's values, with its folder, and recorded")
    func create() async throws {
        try await FlagFolder.with { folder in
            let environment = try EnvironmentFlags(hybrid: false, enforcementPercent: 25)
            let path = folder.folder + "/a/b/flags.json"
            let store = FlagStore(
                path: path, environment: environment, isProduction: false, history: folder.history,
                now: folder.clock.now)
            await store.start()
            let made = try FlagDefinitionFile(parsing: FlagFile(path: path).read().bytes, fallback: .defaultValue)
            #expect(made.values == environment.values)
            #expect(store.current == environment.values)
            #expect(folder.history.changes.map(\.by) == ["parallax"])
            #expect(store.health.isHealthy)
        }
    }

    @Test("a file that cannot be made is shown, and the environment's values hold")
    func cannotCreate() async throws {
        try await FlagFolder.with { folder in
            try folder.write("a file where a folder should be")
            let environment = try EnvironmentFlags(hybrid: false)
            let store = FlagStore(path: folder.path + "/flags.json", environment: environment, isProduction: false)
            await store.start()
            #expect(store.current == environment.values)
            #expect(store.health.state != .ok)
            #expect(store.health.problem?.contains("FEATURE_FLAG_FILE") == true)
        }
    }

    @Test("a change by rename, in place or by another program takes hold and is recorded as unknown's")
    func otherPrograms() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try folder.writeAtomically(.legacy)
            await store.refresh()
            #expect(store.current == .legacy)
            try folder.write(String(decoding: FlagDefinitionFile.canonical(.distributed).bytes, as: UTF8.self))
            await store.refresh()
            #expect(store.current == .distributed)
            try folder.writeAtomically(.legacy)
            await store.refresh()
            #expect(folder.history.changes.map(\.to) == [.defaultValue, .legacy, .distributed, .legacy])
            #expect(folder.history.changes.map(\.by) == ["parallax", "unknown", "unknown", "unknown"])
            #expect(folder.history.changes.dropFirst().map(\.from) == [.defaultValue, .legacy, .distributed])
        }
    }

    @Test("a symbolic link swapped to a file with older times is seen")
    func symbolicLinkSwap() async throws {
        try await FlagFolder.with { folder in
            for (name, values, age) in [("..new", FlagValues.defaultValue, 0.0), ("..old", .legacy, 86_400)] {
                let path = folder.folder + "/" + name
                try Data(FlagDefinitionFile.canonical(values).bytes).write(to: URL(fileURLWithPath: path))
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
            }
            try FileManager.default.createSymbolicLink(atPath: folder.path, withDestinationPath: "..new")
            let store = await folder.startedStore()
            #expect(store.current == .defaultValue)
            let swapped = folder.folder + "/swapped"
            try FileManager.default.createSymbolicLink(atPath: swapped, withDestinationPath: "..old")
            #expect(rename(swapped, folder.path) == 0)
            await store.refresh()
            #expect(store.current == .legacy)
        }
    }

    /// Content of a flag file that is invalid, under a name: some is too long to be printed.
    struct BadContent: CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let expected: FlagHealth.State

        init(_ name: String, _ text: String, _ expected: FlagHealth.State = .invalid) {
            testDescription = name
            self.text = text
            self.expected = expected
        }
    }

    @Test(
        "a file that is torn, emptied, garbage or invalid keeps the last good flags and shows",
        arguments: [
            BadContent("empty", ""),
            BadContent("torn", String(canonicalLegacy.prefix(canonicalLegacy.count / 2))),
            BadContent("no flags", "{}"), BadContent("garbage", "garbage \u{0}\u{1b}[2J"),
            BadContent("ten megabytes", String(repeating: "{\"flags\": ", count: 1 << 20), .unreadable),
            BadContent("no such variant", canonicalLegacy.replacing("\"off\",", with: "\"never\",")),
        ])
    func invalid(content: BadContent) async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try await store.set(.rollback, by: "ann", reason: "test")
            let good = store.health
            try folder.write(content.text)
            await store.refresh()
            await store.refresh()
            #expect(store.current == .legacy)
            let health = store.health
            #expect(health.state == content.expected)
            #expect(health.invalidReads == 2)
            #expect(health.contentHash == good.contentHash)
            #expect(health.problem?.contains(folder.path) == true)
            #expect(!health.isHealthy)
            try folder.writeAtomically(.distributed)
            await store.refresh()
            #expect(store.current == .distributed)
            #expect(store.health.state == .ok)
            #expect(folder.history.changes.count == 3)
        }
    }

    @Test("a file that is deleted, or a folder for a while, keeps the last good flags until it is back")
    func vanished() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try await store.set(.rollback, by: "ann", reason: "test")
            let content = try folder.content()
            try FileManager.default.removeItem(atPath: folder.path)
            await store.refresh()
            #expect(store.health.state == .missing)
            try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: false)
            await store.refresh()
            #expect(store.health.state == .unreadable)
            #expect(store.current == .legacy)
            try FileManager.default.removeItem(atPath: folder.path)
            try Data(content).write(to: URL(fileURLWithPath: folder.path))
            await store.refresh()
            #expect(store.health.state == .ok)
            #expect(store.health.invalidReads == 2)
            #expect(folder.history.changes.count == 2)
        }
    }

    @Test("the environment's safer value wins over the file, and health says so")
    func environment() async throws {
        try await FlagFolder.with { folder in
            try folder.writeAtomically(.defaultValue)
            let store = await folder.startedStore(environment: try EnvironmentFlags(distributedEnabled: false))
            #expect(store.current.strategy == .legacy)
            #expect(store.health.file.strategy == .hybrid)
            #expect(store.health.notes.contains { $0.contains("wins over the file") })
            #expect(store.health.isHealthy)
        }
    }

    @Test("observers are notified of a change, a problem once, and the end of it")
    func events() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let heard = Mutex<[FlagEvent]>([])
            store.observe { event in heard.withLock { $0.append(event) } }
            try folder.write("")
            await store.refresh()
            await store.refresh()
            try folder.writeAtomically(.legacy)
            await store.refresh()
            await store.refresh()
            let events = heard.withLock { $0 }
            try #require(events.count == 3)
            guard case .failed(let problem) = events[0] else {
                Issue.record("\(events[0])")
                return
            }
            #expect(problem.kind == .invalid)
            #expect(events[1] == .recovered)
            #expect(events[2] == .changed(folder.history.changes[1], effective: .legacy))
        }
    }

    @Test("after a restart a known file is not a change, and one changed meanwhile is")
    func restart() async throws {
        try await FlagFolder.with { folder in
            let first = await folder.startedStore()
            try await first.set(FlagUpdate(enforcementPercent: 10), by: "ann", reason: "test")
            _ = await folder.startedStore()
            #expect(folder.history.changes.count == 2)
            try folder.writeAtomically(.legacy)
            _ = await folder.startedStore()
            #expect(folder.history.changes.count == 3)
            #expect(folder.history.changes.last?.by == "unknown")
            #expect(folder.history.changes.last?.from?.enforcementPercent == 10)
        }
    }

    @Test("the flag file in the repository is the one that a new installation makes")
    func shippedFile() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let content = try FlagFile(path: root.path + "/config/feature-flags.json").read()
        let file = try FlagDefinitionFile(parsing: content.bytes, fallback: .distributed)
        #expect(file.values == .defaultValue)
        #expect(file.notes == [])
        #expect(content.bytes == FlagDefinitionFile.canonical(.defaultValue).bytes)
    }
}
