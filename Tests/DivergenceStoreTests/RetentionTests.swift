import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct RetentionTests {
    @Test("what is older than the minute goes, in batches, and what is younger stays", arguments: [1, 2, 1_000])
    func prunes(batch: Int) async throws {
        try await withStore { store in
            for minute in 0..<4 as Range<Int64> {
                let recorder = Recorder.sample(store, instance: "i", startedAt: .sample.plus(minutes: minute)) {
                    $0.maximumRowsPerMinuteAndGroup = 2
                }
                for _ in 0..<3 {
                    recorder.compared(
                        .sample(.diverged(.newlyLimited, .boundary), at: .sample.plus(minutes: minute) + 59_999))
                }
                await recorder.flush()
                try await store.record([
                    Evaluation(
                        trigger: .redisDown, time: .sample.plus(minutes: minute), state: .ok, sentence: ""
                    )
                ])
            }
            let deleted = try await store.prune(before: .sample.plus(minutes: 2) + 30_000, batch: batch)
            // Of each of two minutes: two divergences, a total, a volume, a duration of each side, a drop, an evaluation, an
            // instance.
            #expect(deleted == 2 * 9)
            let report = try await store.report()
            #expect(report.from == .sample.plus(minutes: 2))
            #expect(report.diverged == 6)
            #expect(report.storedOneByOne == 4)
            #expect(report.rowsDropped == ["sampled": 2])
            #expect(try await store.divergences(limit: 99).count == 4)
            #expect(try await store.evaluations(limit: 99).count == 2)
            #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM instance") } == 2)
        }
    }

    @Test("flag history, rollbacks and the evaluator's memory are kept for good")
    func keepsHistory() async throws {
        try await withStore { store in
            try store.append(
                FlagChange(time: .sample, by: "Ada", reason: "start", from: nil, to: .defaultValue, contentHash: "x"))
            try await store.record(
                Rollback(
                    evaluation: Evaluation(
                        trigger: .redisDown, time: .sample, state: .firing, sentence: ""),
                    isDryRun: false, flagsBefore: .defaultValue, flagsAfter: .defaultValue))
            try await store.setRollbackState("latch", to: "held", at: .sample)
            #expect(try await store.prune(before: Timestamp(milliseconds: .max / 2)) == 0)
            #expect(try await store.flagHistory(limit: 9).count == 1)
            #expect(try await store.rollbacks(limit: 9).count == 1)
            #expect(try await store.rollbackState("latch") == "held")
        }
    }

    @Test("a running recorder deletes what is older than its retention")
    func prunesWhileRunning() async throws {
        try await withStore { store in
            let old = Recorder.sample(store)
            old.compared(.sample(.agreed))
            await old.flush()
            let recorder = Recorder.sample(store, startedAt: .sample.plus(minutes: 11)) {
                $0.retention = .seconds(600)
                $0.pruneInterval = .milliseconds(1)
            }
            let running = Task { try await recorder.run() }
            while try await store.report().agreed > 0 { await Task.yield() }
            running.cancel()
            try await running.value
        }
    }
}
