import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct CopyTests {
    /// A database that a process is writing, with records that lie in `-wal` only.
    private func withLiveDatabase(_ body: (String, DivergenceStore, Recorder) async throws -> Void) async throws {
        try await withTemporaryPath { path in
            let store = DivergenceStore(unopenedAt: path)
            store.open(within: .seconds(60))
            let recorder = Recorder.sample(store)
            let noted = try recorder.markOpened()
            #expect(noted == nil)
            recorder.compared(.sample(.diverged(.newlyLimited, .boundary)))
            await recorder.flush()
            try await body(path, store, recorder)
        }
    }

    @Test("a copy of a live database without its -wal says when its records end, and the live one does not")
    func recognisesIncompleteCopy() async throws {
        try await withLiveDatabase { path, _, _ in
            try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
            #expect(try DivergenceStore(readingFrom: path + ".copy").endOfIncompleteRecords == .sample)
            #expect(try DivergenceStore(readingFrom: path).endOfIncompleteRecords == nil)
        }
    }

    @Test("a copy with its -wal is whole")
    func acceptsWholeCopy() async throws {
        try await withLiveDatabase { path, _, _ in
            for ending in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + ending, toPath: path + ".copy" + ending)
            }
            let copy = try DivergenceStore(readingFrom: path + ".copy")
            #expect(copy.endOfIncompleteRecords == nil)
            #expect(try await copy.report().diverged == 1)
        }
    }

    @Test("a copy of a database whose process has ended is whole")
    func acceptsClosed() async throws {
        try await withLiveDatabase { path, store, recorder in
            try await recorder.markClosed()
            try store.close()
            #expect(try DivergenceStore(readingFrom: path).endOfIncompleteRecords == nil)
        }
    }

    @Test("after a crash the next start of the same name ends what the last began")
    func endsInterruptedStart() async throws {
        try await withLiveDatabase { path, crashed, _ in
            // A crash leaves the files as they are while the database is open.
            let store = DivergenceStore(unopenedAt: path)
            store.open(within: .seconds(60))
            let next = Recorder.sample(store, startedAt: .sample.plus(minutes: 1))
            #expect(try next.markOpened() == nil)
            try await next.markClosed()
            try crashed.close()
            try store.close()
            #expect(try DivergenceStore(readingFrom: path).endOfIncompleteRecords == nil)
        }
    }

    @Test("a process that opens an incomplete copy to write is told so")
    func tellsWriter() async throws {
        try await withLiveDatabase { path, _, _ in
            try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
            let copy = DivergenceStore(unopenedAt: path + ".copy")
            copy.open(within: .seconds(60))
            #expect(try Recorder.sample(copy, startedAt: .sample.plus(minutes: 1)).markOpened() == .sample)
        }
    }

    @Test("a database that was just made is not an incomplete copy, whatever this process has written there since")
    func acceptsOwnStart() async throws {
        try await withTemporaryPath { path in
            let store = DivergenceStore(unopenedAt: path)
            store.open(within: .seconds(60))
            let recorder = Recorder.sample(store)
            recorder.compared(.sample(.diverged(.newlyLimited, .boundary)))
            #expect(await recorder.flush())
            let noted = try recorder.markOpened()
            #expect(noted == nil)
        }
    }

    @Test("a backup of a live database holds every record, is one private file, and is whole")
    func backsUp() async throws {
        try await withLiveDatabase { path, store, _ in
            let copy = path + ".backup"
            try DivergenceStore(readingFrom: path).backUp(to: copy)
            let folder = (path as NSString).deletingLastPathComponent
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.filter { $0.contains("backup") } == ["test.sqlite.backup"])
            let attributes = try FileManager.default.attributesOfItem(atPath: copy)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            let backup = try DivergenceStore(readingFrom: copy)
            #expect(backup.endOfIncompleteRecords == nil)
            #expect(try await backup.report().diverged == 1)
            let (id, original) = (try await backup.storeID(), try await store.storeID())
            #expect(id == original)
        }
    }

    @Test("a backup replaces no file")
    func backupReplacesNothing() async throws {
        try await withLiveDatabase { path, store, _ in
            try Data("mine".utf8).write(to: URL(fileURLWithPath: path + ".backup"))
            let error = #expect(throws: DivergenceStoreError.self) { try store.backUp(to: path + ".backup") }
            #expect(error?.code == .exists)
            #expect(FileManager.default.contents(atPath: path + ".backup") == Data("mine".utf8))
        }
    }

    @Test("a copy next to its original is refused, since its records would count double")
    func refusesCopyNextToOriginal() async throws {
        try await withLiveDatabase { path, store, _ in
            try store.backUp(to: path + ".backup")
            let copy = try DivergenceStore(readingFrom: path + ".backup")
            let error = await #expect(throws: DivergenceStoreError.self) {
                try await DivergenceStore.report(of: [store, copy])
            }
            #expect(error?.code == .repeated)
        }
    }

    @Test("two databases have two identities")
    func identifiesDatabases() async throws {
        try await withStore { first in
            try await withStore { second in
                let (id, other) = (try await first.storeID(), try await second.storeID())
                #expect(id != other)
                #expect(id.count == 32)
            }
        }
    }

    @Test("the files of a new database are open to their user only")
    func makesPrivateFiles() async throws {
        try await withLiveDatabase { path, _, _ in
            for ending in ["", "-wal", "-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path + ending)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            }
        }
    }

    @Test("a reader of a file without tables is told that a copy can look like this")
    func explainsEmptyCopy() async throws {
        try await withTemporaryPath { path in
            try Data().write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: DivergenceStoreError.self) { try DivergenceStore(readingFrom: path) }
            #expect(error?.message.contains("parallax database backup") == true)
        }
    }
}
