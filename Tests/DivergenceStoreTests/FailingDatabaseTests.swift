import Foundation
import GRDB
import ParallaxCore
import Synchronization
import Testing

@testable import DivergenceStore

@Suite struct FailingDatabaseTests {
    @Test("a locked database loses no count, keeps rows up to the bound, and counts the rest as locked out")
    func survivesLock() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path, migrations: Migration.all, busyTimeout: .zero)
            let recorder = Recorder.sample(store) { $0.maximumBufferedRows = 10 }
            try await withExclusiveLock(on: path) { _ in
                for _ in 0..<3 {
                    for _ in 0..<8 { recorder.compared(.sample(.diverged(.newlyLimited, .boundary))) }
                    #expect(await !recorder.flush())
                }
            }
            #expect(recorder.health.pendingComparisons == 24)
            #expect(recorder.health.pendingRows == 10)
            #expect(recorder.health.droppedRows == [.databaseLocked: 14])
            #expect(recorder.health.failuresInARow == 3)
            #expect(recorder.health.lastFlush == nil)
            #expect(recorder.health.lastError?.contains("locked") == true)

            #expect(await recorder.flush())
            #expect(recorder.health.pendingComparisons == 0)
            #expect(recorder.health.isWriting)
            #expect(recorder.health.lastFlush == .sample)
            let report = try await store.report()
            #expect(report.diverged == 24)
            #expect(report.storedOneByOne == 10)
            #expect(report.rowsDropped == ["database_locked": 14])
            #expect(report.dropped.isEmpty)
        }
    }

    @Test("a full disk loses no count, and its drops are written when there is space again")
    func survivesFullDisk() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            let recorder = Recorder.sample(store) {
                $0.maximumBufferedRows = 200
                $0.maximumRowsPerMinuteAndGroup = 10_000
            }
            try await limitPages(1, of: store)
            for round in 0..<5 {
                for number in 0..<100 {
                    recorder.compared(
                        .sample(.diverged(.newlyLimited, .boundary), identifier: "key \(round) \(number)"))
                }
                #expect(await !recorder.flush())
            }
            #expect(recorder.health.lastError?.contains("no space is left") == true)
            #expect(recorder.health.droppedRows == [.diskFull: 300])

            try await limitPages(1_000_000, of: store)
            #expect(await recorder.flush())
            let report = try await store.report()
            #expect(report.diverged == 500)
            #expect(report.storedOneByOne == 200)
            #expect(report.rowsDropped == ["disk_full": 300])
            #expect(report.sum == 500)
            #expect(try await store.divergences(limit: .max).count == 200)
        }
    }

    @Test("a failed write leaves nothing of its batch in the database")
    func failsWhole() async throws {
        try await withStore { store in
            try await store.write {
                try $0.execute(
                    sql: "CREATE TRIGGER refuse BEFORE INSERT ON dropped BEGIN SELECT RAISE(ABORT, 'no'); END")
            }
            let recorder = Recorder.sample(store) { $0.maximumRowsPerMinuteAndGroup = 1 }
            for _ in 0..<2 { recorder.compared(.sample(.diverged(.newlyLimited, .boundary))) }
            #expect(await !recorder.flush())
            #expect(try await store.report().sum == 0)
            #expect(try await store.divergences(limit: 1).isEmpty)

            try await store.write { try $0.execute(sql: "DROP TRIGGER refuse") }
            #expect(await recorder.flush())
            #expect(try await store.report().sum == 2)
            #expect(try await store.divergences(limit: .max).count == 1)
        }
    }

    @Test(
        "while writing fails for long, what comes beyond all bounds is dropped by the failure's name, and none unseen")
    func countsDroppedComparisons() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path, migrations: Migration.all, busyTimeout: .zero)
            let recorder = Recorder.sample(store) { $0.maximumBufferedTotals = 10 }
            try await withExclusiveLock(on: path) { _ in
                for minute in 0..<40 as Range<Int64> {
                    recorder.compared(.sample(.diverged(.newlyLimited, .boundary), at: .sample.plus(minutes: minute)))
                    await recorder.flush()
                }
            }
            #expect(await recorder.flush())
            let report = try await store.report()
            #expect(report.sum == 40)
            #expect(report.diverged == 15)
            #expect(report.dropped == ["database_locked": 25])
            // The rows of dropped comparisons are not written either.
            #expect(report.storedOneByOne == 15)
            #expect(try await store.divergences(limit: .max).count == 15)
        }
    }
}
