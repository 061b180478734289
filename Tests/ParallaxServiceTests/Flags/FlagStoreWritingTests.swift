@testable import FeatureFlags
import Foundation
import Glibc
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct FlagStoreWritingTests {
    @Test("a change is written, holds at once, and is recorded with who and why")
    func set() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let change = try await store.set(FlagUpdate(enforcementPercent: 12.5), by: "ann", reason: "next phase")
            #expect(store.current.enforcementPercent == 12.5)
            #expect(change?.by == "ann" && change?.reason == "next phase" && change?.from == .defaultValue)
            #expect(folder.history.changes.last == change)
            #expect(change?.contentHash == FlagFile.hash(try folder.content()))
            let again = try await store.set(FlagUpdate(enforcementPercent: 12.5), by: "bob", reason: "again")
            #expect(again == nil)
            #expect(folder.history.changes.count == 2)
        }
    }

    @Test("what was decided on another content is not written, by whomever the file was changed since")
    func overtaken() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let other = await folder.startedStore()
            let decidedOn = try #require(store.health.contentHash)
            try await other.set(.rollback, by: "ann", reason: "incident 7")
            let rolledBack = try folder.content()
            let error = await #expect(throws: FlagFileError.self) {
                try await store.set(FlagUpdate(enforcementPercent: 10), by: "bob", reason: "next", over: decidedOn)
            }
            #expect(error?.code == .superseded)
            #expect(try folder.content() == rolledBack)
            try await store.set(
                FlagUpdate(enforcementPercent: 10), by: "bob", reason: "next", over: FlagFile.hash(rolledBack))
            #expect(store.current.enforcementPercent == 10 && store.current.strategy == .legacy)
        }
    }

    @Test("what was decided on a content is not written into a file that is gone")
    func gone() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let decidedOn = try #require(store.health.contentHash)
            try FileManager.default.removeItem(atPath: folder.path)
            let error = await #expect(throws: FlagFileError.self) {
                try await store.set(FlagUpdate(enforcementPercent: 10), by: "bob", reason: "next", over: decidedOn)
            }
            #expect(error?.code == .superseded)
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }
    }

    @Test("the time of a change is written to the millisecond and read back as it was")
    func time() {
        for milliseconds in (0..<1000).map({ Int64(1_800_000_165_000 + $0) }) + [0, -1, 1_767_323_045_999] {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(FlagDeclaration(by: "ann", reason: "test", at: time).time == time)
        }
        let text = FlagDeclaration(by: "ann", reason: "test", at: Timestamp(milliseconds: 1_800_000_165_001)).changedAt
        #expect(text == "2027-01-15T08:02:45.001Z")
    }

    @Test("another instance sees the same change, with its time, and records it once")
    func otherInstance() async throws {
        try await FlagFolder.with { folder in
            let writer = await folder.startedStore()
            let other = RecordedHistory()
            let alone = await folder.startedStore(history: other)
            let reader = await folder.startedStore()
            let change = try await writer.set(.rollback, by: "ann", reason: "incident 7")
            await reader.refresh()
            await alone.refresh()
            #expect(reader.current.strategy == .legacy)
            #expect(folder.history.changes.count == 2)
            #expect(other.changes.last == change)
        }
    }

    @Test("a change needs a name and a reason", arguments: [("", "why"), (" \n", "why"), ("ann", "\u{1b}")])
    func anonymous(by: String, reason: String) async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let error = await #expect(throws: FlagFileError.self) {
                try await store.set(.rollback, by: by, reason: reason)
            }
            #expect(error?.code == .badRequest)
            #expect(store.current == .defaultValue)
        }
    }

    @Test("a file that is invalid is not overwritten by hand, and the error says what is wrong with it")
    func invalidFile() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try folder.write("{\"flags\": {,}}")
            let error = await #expect(throws: FlagFileError.self) {
                try await store.set(FlagUpdate(hybrid: false), by: "ann", reason: "test")
            }
            #expect(error?.code == .invalid)
            #expect(error?.message.contains("line 1, column 12") == true)
            #expect(try folder.content() == Array("{\"flags\": {,}}".utf8))
        }
    }

    @Test("a file that vanished is written again from the last good one")
    func vanished() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            try await store.set(FlagUpdate(enforcementPercent: 50), by: "ann", reason: "test")
            try FileManager.default.removeItem(atPath: folder.path)
            try await store.set(FlagUpdate(failOpen: true), by: "ann", reason: "test")
            #expect(store.current.enforcementPercent == 50 && store.current.failOpen)
        }
    }

    @Test("writers of one file do not undo each other's changes")
    func concurrentWriters() async throws {
        try await FlagFolder.with { folder in
            _ = await folder.startedStore()
            let updates = [
                FlagUpdate(distributedEnabled: false), FlagUpdate(hybrid: false), FlagUpdate(failOpen: true),
                FlagUpdate(enforcementPercent: 33),
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for update in updates {
                    group.addTask {
                        let store = await folder.startedStore()
                        try await store.set(update, by: "ann", reason: "together")
                    }
                }
                try await group.waitForAll()
            }
            let store = await folder.startedStore()
            #expect(store.current == updates.reduce(.defaultValue) { $1.applied(to: $0) })
            #expect(folder.history.changes.count == 5)
            #expect(zip(folder.history.changes, folder.history.changes.dropFirst()).allSatisfy { $0.to == $1.from })
            #expect(try folder.others() == [])
        }
    }

    @Test("a reader never sees anything but whole files while the flags flip ten thousand times")
    func flips() async throws {
        try await FlagFolder.with { folder in
            let writer = await folder.startedStore()
            let reader = await folder.startedStore()
            let path = folder.path
            let isDone = Mutex(false)
            async let reads = Task.detached {
                var reads = 0
                while !isDone.withLock({ $0 }) {
                    _ = try FlagDefinitionFile(parsing: FlagFile(path: path).read().bytes, fallback: .defaultValue)
                    await reader.refresh()
                    reads += 1
                }
                return reads
            }.value
            var times: [Int64] = []
            for number in 0..<10_000 {
                try await writer.set(FlagUpdate(hybrid: number % 2 == 1), by: "ann", reason: "flip \(number)")
                times.append(try FlagFile(path: path).read().modificationTime)
            }
            isDone.withLock { $0 = true }
            #expect(try await reads > 0)
            await reader.refresh()
            #expect(reader.health.invalidReads == 0)
            #expect(reader.health.contentHash == writer.health.contentHash)
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
            #expect(folder.history.changes.count == 10_001)
            #expect(Set(folder.history.changes.map(\.by)) == ["parallax", "ann"])
        }
    }

    @Test("a store that starts compares the file with the history while no writer is between the two")
    func startsBetweenWriters() async throws {
        try await FlagFolder.with { folder in
            try folder.writeAtomically(.defaultValue)
            let history = LockWatchingHistory(lockPath: folder.folder + "/.feature-flags.json.lock")
            _ = await folder.startedStore(history: history)
            #expect(history.wasLocked == [true])
        }
    }

    @Test("what is written stays above any modification time seen, also after a file with older times was put back")
    func newestTime() async throws {
        try await FlagFolder.with { folder in
            try folder.writeAtomically(.defaultValue)
            let future = Date(timeIntervalSinceNow: 600)
            try FileManager.default.setAttributes([.modificationDate: future], ofItemAtPath: folder.path)
            let store = await folder.startedStore()
            let seen = try FlagFile(path: folder.path).read().modificationTime
            try folder.writeAtomically(.distributed)
            await store.refresh()
            try await store.set(.rollback, by: "ann", reason: "test")
            #expect(try FlagFile(path: folder.path).read().modificationTime > seen)
        }
    }
}

/// An empty history that notes, each time it is asked for its newest change, whether writers were kept out.
private final class LockWatchingHistory: FlagHistory {
    private let lockPath: String
    private let locked = Mutex<[Bool]>([])

    init(lockPath: String) {
        self.lockPath = lockPath
    }

    var wasLocked: [Bool] { locked.withLock { $0 } }

    func append(_ change: FlagChange) throws -> Bool { true }

    func newest() throws -> FlagChange? {
        let file = try? OpenFile(lockPath, O_RDONLY)
        let isFree = file?.tryLock() ?? true
        locked.withLock { $0.append(!isFree) }
        return nil
    }
}
