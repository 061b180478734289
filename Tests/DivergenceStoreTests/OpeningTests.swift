import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct OpeningTests {
    @Test("a file that is not an SQLite database is refused and left as it is", arguments: [false, true])
    func refusesOtherFile(isReadOnly: Bool) async throws {
        try await withTemporaryPath { path in
            let content = Data(String(repeating: "not a database\n", count: 400).utf8)
            try content.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: DivergenceStoreError.self) { try open(path, isReadOnly: isReadOnly) }
            #expect(error?.code == .notADatabase)
            #expect(error?.message.contains(path) == true)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
        }
    }

    @Test("a damaged database is refused", arguments: [false, true])
    func refusesDamaged(isReadOnly: Bool) async throws {
        try await withTemporaryPath { path in
            try DivergenceStore(path: path).close()
            var content = try Data(contentsOf: URL(fileURLWithPath: path))
            content.replaceSubrange(100..<4_096, with: Data(repeating: 0xa5, count: 3_996))
            try content.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: DivergenceStoreError.self) { try open(path, isReadOnly: isReadOnly) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test("another program's database is refused and left as it is", arguments: [false, true])
    func refusesForeign(isReadOnly: Bool) async throws {
        try await withTemporaryPath { path in
            try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE theirs (id INTEGER)") }
            let content = try Data(contentsOf: URL(fileURLWithPath: path))
            let error = #expect(throws: DivergenceStoreError.self) { try open(path, isReadOnly: isReadOnly) }
            #expect(error?.code == .foreign)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
        }
    }

    @Test("a folder that does not exist is named")
    func namesMissingFolder() async throws {
        try await withTemporaryPath { path in
            let error = #expect(throws: DivergenceStoreError.self) {
                try DivergenceStore(path: path + "/deep/a.sqlite")
            }
            #expect(error?.code == .unreadable)
            #expect(error?.message.contains("/deep/a.sqlite") == true)
        }
    }

    @Test("a reader of a database that does not exist is told so, and makes none")
    func readerMakesNone() async throws {
        try await withTemporaryPath { path in
            let error = #expect(throws: DivergenceStoreError.self) { try DivergenceStore(readingFrom: path) }
            #expect(error?.code == .missing)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("a reader of an empty file is told that its schema is older")
    func readerOfEmptyFile() async throws {
        try await withTemporaryPath { path in
            try Data().write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: DivergenceStoreError.self) { try DivergenceStore(readingFrom: path) }
            #expect(error?.code == .olderSchema)
        }
    }

    @Test("a reader reads after the last writer has closed, and cannot write")
    func readsAfterClose() async throws {
        try await withTemporaryPath { path in
            let writer = try DivergenceStore(path: path)
            try await writer.setRollbackState("latch", to: "held", at: .sample)
            try writer.close()
            let reader = try DivergenceStore(readingFrom: path)
            #expect(try await reader.rollbackState("latch") == "held")
            let error = await #expect(throws: DivergenceStoreError.self) {
                try await reader.setRollbackState("latch", to: nil, at: .sample)
            }
            #expect(error?.code == .readOnly)
        }
    }

    @Test("a reader reads the last committed state while another connection holds the write lock")
    func readsBesideWriter() async throws {
        try await withTemporaryPath { path in
            let writer = try DivergenceStore(path: path)
            try await writer.setRollbackState("latch", to: "held", at: .sample)
            let reader = try DivergenceStore(readingFrom: path)
            try await withExclusiveLock(on: path) { other in
                try await other.writeWithoutTransaction { try $0.execute(sql: "DELETE FROM rollback_state") }
                #expect(try await reader.rollbackState("latch") == "held")
            }
            #expect(try await reader.rollbackState("latch") == nil)
        }
    }

    @Test("the files of a process that was killed open clean and hold every flush")
    func survivesKill() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            let recorder = Recorder.sample(store)
            recorder.compared(.sample(.diverged(.newlyLimited, .boundary)))
            await recorder.flush()
            // What a kill leaves: the files as they are while the store is open.
            let copy = path + ".copy"
            for ending in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + ending, toPath: copy + ending)
            }
            let survivor = try DivergenceStore(path: copy)
            #expect(try await survivor.report().diverged == 1)
            #expect(try await survivor.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        }
    }

    @Test("the database is in WAL mode and syncs at checkpoints only")
    func usesWAL() async throws {
        try await withStore { store in
            let modes = try await store.write {
                try (
                    String.fetchOne($0, sql: "PRAGMA journal_mode"), Int.fetchOne($0, sql: "PRAGMA synchronous")
                )
            }
            #expect(modes == ("wal", 1))
        }
    }

    private func open(_ path: String, isReadOnly: Bool) throws {
        _ = try isReadOnly ? DivergenceStore(readingFrom: path) : DivergenceStore(path: path)
    }
}
