import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct SizeRetentionTests {
    /// Records as much in each of the minutes.
    private func fill(_ store: DivergenceStore, minutes: Range<Int64>, rows: Int = 300) async {
        for minute in minutes {
            let recorder = Recorder.sample(store, startedAt: .sample.plus(minutes: minute)) {
                $0.maximumRowsPerMinuteAndGroup = .max
            }
            for number in 0..<rows {
                recorder.compared(
                    .sample(
                        .diverged(.newlyLimited, .boundary), identifier: "client \(number)",
                        at: .sample.plus(minutes: minute)))
            }
            #expect(await recorder.flush())
        }
    }

    private func pages(of store: DivergenceStore) async throws -> Int? {
        try await store.read { try Int.fetchOne($0, sql: "PRAGMA page_count") }
    }

    @Test("the oldest minutes go, no more than must, until what is left fits; totals and rows stay in step")
    func prunes() async throws {
        try await withStore { store in
            await fill(store, minutes: 0..<20)
            let (used, pages) = (try await store.usedBytes(), try await pages(of: store))
            let pruning = try await store.prune(toBytes: used / 2, before: .sample.plus(minutes: 19))
            #expect(pruning.usedBytes <= used / 2 && pruning.usedBytes > used * 2 / 5)
            #expect(try await pruning.usedBytes == store.usedBytes())
            let report = try await store.report()
            #expect(report.from == pruning.keptSince)
            #expect(report.diverged == report.storedOneByOne)
            #expect(report.diverged == (try await store.divergences(limit: .max).count))
            #expect(report.diverged % 300 == 0 && (6 * 300..<12 * 300).contains(report.diverged))
            // Nothing was rewritten: the freed pages wait in the file.
            #expect(try await self.pages(of: store) == pages)
            await fill(store, minutes: 20..<22)
            #expect(try await self.pages(of: store) == pages)
        }
    }

    @Test("what fits stays, and the minute under way stays whatever it takes", arguments: [1, 1_000])
    func stops(batch: Int) async throws {
        try await withStore { store in
            await fill(store, minutes: 0..<2, rows: 20)
            let used = try await store.usedBytes()
            #expect(
                try await store.prune(toBytes: used, before: .sample.plus(minutes: 2)) == SizePruning(usedBytes: used))
            let pruning = try await store.prune(toBytes: 1, before: .sample.plus(minutes: 1) + 59_999, batch: batch)
            #expect(pruning.keptSince == .sample.plus(minutes: 1))
            #expect(pruning.usedBytes > 1)
            #expect(try await store.report().diverged == 20)
        }
    }

    @Test("a flush gets in between the batches of what is being deleted")
    func doesNotBlock() async throws {
        try await withStore { store in
            await fill(store, minutes: 0..<1, rows: 3_000)
            let pruning = Task { try await store.prune(toBytes: 1, before: .sample.plus(minutes: 1), batch: 1) }
            while try await count(store) == 3_000 { await Task.yield() }
            await fill(store, minutes: 5..<6, rows: 1)
            let left = try await count(store) ?? 0
            #expect(left > 1)
            _ = try await pruning.value
            #expect(try await count(store) == 1)
        }
    }

    private func count(_ store: DivergenceStore) async throws -> Int? {
        try await store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM divergence") }
    }

    @Test("a running recorder stays within its bound, and its health says so")
    func prunesWhileRunning() async throws {
        try await withStore { store in
            let empty = try await store.usedBytes()
            await fill(store, minutes: 0..<10)
            let recorder = Recorder.sample(store, startedAt: .sample.plus(minutes: 10)) {
                $0.maximumBytes = empty * 2
                $0.sizeInterval = .milliseconds(1)
            }
            #expect(recorder.health.usedBytes == nil && recorder.health.keptSince == nil)
            let running = Task { try await recorder.run() }
            while recorder.health.keptSince == nil { await Task.yield() }
            running.cancel()
            try await running.value
            let used = try #require(recorder.health.usedBytes)
            #expect(used <= empty * 2)
            #expect(try await store.usedBytes() == used)
            #expect(recorder.health.keptSince! > .sample)
        }
    }
}
