@testable import FeatureFlags
import Foundation
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct FlagHistoryTests {
    @Test("a history that fails blocks no flip, is shown, and gets every change in order once it works again")
    func failing() async throws {
        try await FlagFolder.with { folder in
            let store = await folder.startedStore()
            let heard = Mutex<[FlagEvent]>([])
            store.observe { event in heard.withLock { $0.append(event) } }
            folder.history.isFailing = true
            try await store.set(.rollback, by: "ann", reason: "first")
            try await store.set(FlagUpdate(distributedEnabled: true), by: "bob", reason: "second")
            #expect(store.current == .defaultValue)
            #expect(store.health.historyWaiting == 2)
            #expect(store.health.historyFailures >= 2)
            #expect(!store.health.isHealthy)
            #expect(heard.withLock { $0 }.count { if case .historyFailed = $0 { true } else { false } } == 1)

            folder.history.isFailing = false
            try await store.set(.rollback, by: "cho", reason: "third")
            #expect(folder.history.changes.map(\.by) == ["parallax", "ann", "bob", "cho"])
            #expect(store.health.historyWaiting == 0)
        }
    }

    @Test("what waits for the history is tried again at the next reading", .timeLimit(.minutes(1)))
    func retry() async throws {
        try await FlagFolder.with { folder in
            let history = WaitableHistory()
            let store = await folder.startedStore(history: history)
            history.base.isFailing = true
            try await store.set(.rollback, by: "ann", reason: "first")
            history.base.isFailing = false
            var appended = history.appended.makeAsyncIterator()
            await store.refresh()
            while await appended.next() != "ann" {}
            #expect(history.base.changes.map(\.by) == ["parallax", "ann"])
        }
    }

    @Test("a history that hangs holds a flip up no longer than its patience")
    func hanging() async throws {
        try await FlagFolder.with { folder in
            let history = HangingHistory()
            let store = FlagStore(
                path: folder.path, environment: .none, isProduction: false, history: history, now: folder.clock.now)
            await store.start()
            try await store.set(.rollback, by: "ann", reason: "first")
            #expect(store.current == .legacy)
            #expect(store.health.historyWaiting == 2)
            // A process that ends after the change waits for as long as it takes.
            history.release()
            await store.finishHistory()
            #expect(store.health.historyWaiting == 0)
        }
    }

    @Test("a change that was recorded but could not be written is followed by its opposite")
    func takenBack() async throws {
        try await FlagFolder.with { folder in
            let history = MeddlingHistory()
            let store = await folder.startedStore(history: history)
            let path = folder.path
            // The folder in the file's place appears between the record and the rename.
            history.meddle {
                try? FileManager.default.removeItem(atPath: path)
                try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
            await #expect(throws: FlagFileError.self) {
                try await store.set(.rollback, by: "ann", reason: "test")
            }
            #expect(store.current == .defaultValue)
            #expect(history.base.changes.map(\.by) == ["parallax", "ann", "parallax"])
            #expect(history.base.changes.last?.to == .defaultValue)
            #expect(history.base.changes.last?.contentHash == history.base.changes.first?.contentHash)
        }
    }
}

/// A history that reports each change it keeps.
private final class WaitableHistory: FlagHistory {
    let base = RecordedHistory()
    let appended: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() {
        (appended, continuation) = AsyncStream.makeStream()
    }

    func append(_ change: FlagChange) throws -> Bool {
        defer { if !base.isFailing { continuation.yield(change.by) } }
        return try base.append(change)
    }

    func newest() throws -> FlagChange? { try base.newest() }
}

/// A history that answers no one until it is released.
private final class HangingHistory: FlagHistory {
    private let gate = DispatchSemaphore(value: 0)

    func release() {
        for _ in 0..<10 { gate.signal() }
    }

    func append(_ change: FlagChange) throws -> Bool {
        gate.wait()
        return true
    }

    func newest() throws -> FlagChange? { nil }
}

/// A history that does something once it has kept a change.
private final class MeddlingHistory: FlagHistory {
    let base = RecordedHistory()
    private let deed = Mutex<(@Sendable () -> Void)?>(nil)

    func meddle(_ deed: @escaping @Sendable () -> Void) {
        self.deed.withLock { $0 = deed }
    }

    func append(_ change: FlagChange) throws -> Bool {
        let isNew = try base.append(change)
        let deed = deed.withLock { deed in
            defer { deed = nil }
            return deed
        }
        deed?()
        return isNew
    }

    func newest() throws -> FlagChange? { try base.newest() }
}
