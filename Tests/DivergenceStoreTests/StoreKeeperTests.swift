import Foundation
import GRDB
import Logging
import ParallaxCore
import Synchronization
import Testing

@testable import DivergenceStore

@Suite struct StoreKeeperTests {
    /// What keeps a database from being opened.
    enum Obstacle: CaseIterable {
        case textFile, damaged, foreign, newer, missingFolder, folder

        var reason: DropReason {
            switch self {
            case .textFile, .damaged: .databaseDamaged
            case .foreign, .newer, .missingFolder, .folder: .databaseUnusable
            }
        }

        func put(at path: String) throws {
            switch self {
            case .textFile: try Data(String(repeating: "text\n", count: 999).utf8).write(to: URL(fileURLWithPath: path))
            case .damaged:
                try DivergenceStore(path: path).close()
                var content = try Data(contentsOf: URL(fileURLWithPath: path))
                content.replaceSubrange(100..<4_096, with: Data(repeating: 0xa5, count: 3_996))
                try content.write(to: URL(fileURLWithPath: path))
            case .foreign:
                try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE theirs (id INTEGER)") }
            case .newer:
                let later = Migration(version: Migration.all.count + 1, name: "later", text: Array("SELECT 1".utf8))
                try DivergenceStore(path: path, migrations: Migration.all + [later]).close()
            case .missingFolder:
                try FileManager.default.removeItem(atPath: (path as NSString).deletingLastPathComponent)
            case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
        }

        func remove(from path: String) throws {
            switch self {
            case .missingFolder:
                try FileManager.default.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: false)
            default: try FileManager.default.removeItem(atPath: path)
            }
        }
    }

    /// What can happen to a file in use.
    enum Loss: CaseIterable {
        case removed, replaced, cutShort

        func happen(to path: String) throws {
            switch self {
            case .removed:
                for ending in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: path + ending) }
            case .replaced:
                try DivergenceStore(path: path + ".other").close()
                guard rename(path + ".other", path) == 0 else { throw CocoaError(.fileWriteUnknown) }
            case .cutShort:
                guard truncate(path, 0) == 0, truncate(path + "-wal", 0) == 0 else {
                    throw CocoaError(.fileWriteUnknown)
                }
            }
        }
    }

    private final class Scene: Sendable {
        let store: DivergenceStore
        let recorder: Recorder
        let keeper: StoreKeeper
        private let replacements: Counter

        init(_ path: String, movesDamaged: Bool = false) {
            store = DivergenceStore(unopenedAt: path, busyTimeout: .zero)
            recorder = Recorder.sample(store) {
                $0.maximumBufferedRows = 1
                $0.maximumRowsPerMinuteAndGroup = 1_000
            }
            let replacements = Counter()
            keeper = StoreKeeper(
                store: store, recorder: recorder, movesDamaged: movesDamaged,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                willReplace: { replacements.count.withLock { $0 += 1 } })
            self.replacements = replacements
        }

        private final class Counter: Sendable { let count = Mutex(0) }

        var timesReplaced: Int { replacements.count.withLock { $0 } }

        func record(_ count: Int) {
            for _ in 0..<count { recorder.compared(.sample(.diverged(.newlyLimited, .boundary))) }
        }

        /// Looks until the database is open again; there are pauses between attempts.
        func lookUntilOpen() async {
            for _ in 0..<40 {
                await keeper.look()
                if case .open = store.connection { return }
            }
        }
    }

    @Test(
        "what keeps the database from being opened is left as it is, counted by reason, and over once it is gone",
        arguments: Obstacle.allCases)
    func opensLater(obstacle: Obstacle) async throws {
        try await withTemporaryPath { path in
            try obstacle.put(at: path)
            let content = FileManager.default.contents(atPath: path)
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            for _ in 0..<3 {
                scene.record(1)
                await scene.keeper.look()
                #expect(await !scene.recorder.flush())
            }
            #expect(scene.recorder.health.droppedRows == [obstacle.reason: 2])
            #expect(scene.recorder.health.lastError?.contains(path) == true)
            #expect(FileManager.default.contents(atPath: path) == content)

            try obstacle.remove(from: path)
            await scene.lookUntilOpen()
            #expect(await scene.recorder.flush())
            #expect(try await scene.store.report().diverged == 3)
            #expect(scene.timesReplaced == 0)
        }
    }

    @Test("a database that is locked at the start delays no request, and is opened when the lock is gone")
    func opensAfterLock() async throws {
        try await withTemporaryPath { path in
            try DivergenceStore(path: path).close()
            let scene = Scene(path)
            try await withExclusiveLock(on: path) { _ in
                scene.store.open(within: .seconds(60))
                let error = #expect(throws: DivergenceStoreError.self) { try scene.store.newest() }
                #expect(error?.code == .locked)
            }
            await scene.lookUntilOpen()
            #expect(try scene.store.newest() == nil)
        }
    }

    @Test(
        "a file that is lost in use is noticed at the next look, and what it took along is counted",
        arguments: Loss.allCases)
    func noticesLoss(loss: Loss) async throws {
        try await withTemporaryPath { path in
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            scene.record(3)
            #expect(await scene.recorder.flush())
            await scene.keeper.look()
            scene.record(4)
            #expect(await scene.recorder.flush())

            try loss.happen(to: path)
            await scene.keeper.look()
            await scene.lookUntilOpen()
            #expect(scene.timesReplaced == 1)
            scene.record(5)
            #expect(await scene.recorder.flush())
            #expect(scene.recorder.health.droppedComparisons == [.fileLost: 4])
            let report = try await scene.store.report()
            #expect(report.diverged == 5)
            #expect(report.dropped == ["file_lost": 4])
        }
    }

    @Test("a renamed file holds all that was written into it, and nothing of that counts as lost")
    func noticesRename() async throws {
        try await withTemporaryPath { path in
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            await scene.keeper.look()
            scene.record(3)
            #expect(await scene.recorder.flush())
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            await scene.keeper.look()
            scene.record(2)
            #expect(await scene.recorder.flush())
            #expect(scene.recorder.health.droppedComparisons.isEmpty)
            #expect(try await scene.store.report().diverged == 2)
            try scene.store.close()
            let renamed = try DivergenceStore(readingFrom: path + ".1")
            #expect(renamed.endOfIncompleteRecords == nil)
            #expect(try await renamed.report().diverged == 3)
        }
    }

    @Test("a file that a VACUUM made smaller is not taken for cut short, also if its -wal makes it longer again")
    func acceptsVacuum() async throws {
        try await withTemporaryPath { path in
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            let other = try DatabaseQueue(path: path)
            func fill(_ rows: Int) throws {
                try other.write { database in
                    for _ in 0..<rows {
                        try database.execute(
                            sql: "INSERT INTO alert (time, name, instance) VALUES (0, 'x', ?)",
                            arguments: [String(repeating: "y", count: 200)])
                    }
                }
            }
            try fill(5_000)
            try await other.write { try $0.execute(sql: "DELETE FROM alert") }
            try await other.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
            await scene.keeper.look()
            try await other.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM")
                try database.checkpoint(.passive)
            }
            try fill(300)
            scene.record(2)
            #expect(await scene.recorder.flush())
            let counted = try await other.read {
                try Int64.fetchOne($0, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let bytes = try #require(attributes[.size] as? NSNumber).int64Value
            try #require(bytes < counted ?? 0)
            await scene.keeper.look()
            #expect(scene.timesReplaced == 0)
            #expect(scene.recorder.health.droppedComparisons.isEmpty)

            // What really is cut off is still noticed.
            try #require(truncate(path, 8_192) == 0)
            await scene.keeper.look()
            #expect(scene.timesReplaced == 1)
        }
    }

    @Test("a removed -wal is noticed, and what lay in it is not lost")
    func noticesRemovedLog() async throws {
        try await withTemporaryPath { path in
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            scene.record(3)
            #expect(await scene.recorder.flush())
            try FileManager.default.removeItem(atPath: path + "-wal")
            await scene.keeper.look()
            scene.record(2)
            #expect(await scene.recorder.flush())
            #expect(try await scene.store.report().diverged == 5)
            #expect(scene.recorder.health.droppedComparisons.isEmpty)
        }
    }

    @Test("a file in place is opened once, however often it is looked at")
    func leavesAlone() async throws {
        try await withTemporaryPath { path in
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            let pool = try scene.store.pool
            for _ in 0..<100 {
                scene.record(1)
                #expect(await scene.recorder.flush())
                await scene.keeper.look()
            }
            #expect(try scene.store.pool === pool)
            #expect(scene.recorder.health.droppedComparisons.isEmpty)
        }
    }

    @Test("a damaged file is moved aside only if the setting says so, and stays whole there")
    func movesDamagedAside() async throws {
        try await withTemporaryPath { path in
            try Obstacle.damaged.put(at: path)
            let content = FileManager.default.contents(atPath: path)
            let scene = Scene(path, movesDamaged: true)
            scene.store.open(within: .seconds(60))
            await scene.keeper.look()
            scene.record(2)
            #expect(await scene.recorder.flush())
            #expect(try await scene.store.report().diverged == 2)
            let folder = (path as NSString).deletingLastPathComponent
            let aside = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".damaged-") }
            #expect(aside.count == 1)
            #expect(FileManager.default.contents(atPath: folder + "/" + (aside.first ?? "")) == content)
        }
    }

    @Test("another program's file is not moved aside", arguments: [Obstacle.foreign, .newer])
    func leavesForeign(obstacle: Obstacle) async throws {
        try await withTemporaryPath { path in
            try obstacle.put(at: path)
            let content = FileManager.default.contents(atPath: path)
            let scene = Scene(path, movesDamaged: true)
            scene.store.open(within: .seconds(60))
            for _ in 0..<3 { await scene.keeper.look() }
            #expect(FileManager.default.contents(atPath: path) == content)
        }
    }

    @Test("a -shm that is cut short gets its size back before the next access, and nothing is lost")
    func restoresSharedMemory() async throws {
        try await withTemporaryPath { path in
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            scene.record(3)
            #expect(await scene.recorder.flush())
            await scene.keeper.look()
            // Without the size the next access would end this process.
            for bytes in [0, 1_000] {
                try #require(truncate(path + "-shm", off_t(bytes)) == 0)
                scene.record(2)
                #expect(await scene.recorder.flush())
                try #require(truncate(path + "-shm", off_t(bytes)) == 0)
                await scene.keeper.look()
            }
            #expect(try await scene.store.report().diverged == 7)
            #expect(scene.recorder.health.droppedComparisons.isEmpty)
            guard case .open(_, let files?) = scene.store.connection else {
                Issue.record("the database was closed")
                return
            }
            #expect(files.timesRestored == 4)
        }
    }

    @Test("what comes after the end is refused by that reason, and opens nothing again")
    func ends() async throws {
        try await withTemporaryPath { path in
            let scene = Scene(path)
            scene.store.open(within: .seconds(60))
            scene.record(1)
            #expect(await scene.recorder.flush())
            let pool = try scene.store.pool
            scene.keeper.end(within: .seconds(60))
            scene.record(1)
            #expect(await !scene.recorder.flush())
            await scene.keeper.look()
            await scene.keeper.look()
            let error = #expect(throws: DivergenceStoreError.self) { try scene.store.newest() }
            #expect(error?.code == .ended)
            // An access that was under way when the database was closed.
            let late = #expect(throws: DatabaseError.self) {
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            }
            let explained = scene.store.explain(try #require(late))
            #expect(explained.code == .ended && !explained.message.contains("out of memory"))
            let content = try DivergenceStore(readingFrom: path)
            #expect(try await content.report().diverged == 1)
        }
    }
}
