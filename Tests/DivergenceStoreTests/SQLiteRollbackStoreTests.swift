import DivergenceStore
import ParallaxCore
import Testing

@Suite struct SQLiteRollbackStoreTests {
    private static let evaluation = Evaluation(
        trigger: .errorRate, time: .sample, state: .firing, numbers: ["ratePercent": 7.9], sentence: "error rate 7.9 %")
    private static let seen = Acknowledgement(time: .sample + 1000, by: "Ada", reason: "seen")

    @Test("a latch outlives the process that set it, and another can clear it")
    func latch() async throws {
        try await withTemporaryPath { path in
            let record = SQLiteRollbackStore(store: try DivergenceStore(path: path))
            let before = try await record.loadLatch()
            #expect(!before.isLatched)
            let fired = try await record.changeLatch { $0.fire(Self.evaluation) }
            #expect(fired.isLatched)
            let other = SQLiteRollbackStore(store: try DivergenceStore(path: path))
            let seenElsewhere = try await other.loadLatch()
            #expect(seenElsewhere.firing?.sentence == "error rate 7.9 %")
            _ = try await other.changeLatch { try $0.acknowledge(Self.seen) }
            let cleared = try await record.loadLatch()
            #expect(!cleared.isLatched)
            #expect(cleared.acknowledgement == Self.seen)
        }
    }

    @Test("clearing the latch acknowledges the rollbacks that wait, in the same transaction")
    func acknowledgesRows() async throws {
        try await withStore { store in
            let record = SQLiteRollbackStore(store: store)
            _ = try await record.changeLatch { $0.fire(Self.evaluation) }
            let rollback = Rollback(
                evaluation: Self.evaluation, isDryRun: false, flagsBefore: .defaultValue, flagsAfter: .defaultValue)
            try await record.record(rollback)
            #expect(try await store.latestUnacknowledgedRollback() != nil)
            _ = try await record.changeLatch { try $0.acknowledge(Self.seen) }
            #expect(try await store.latestUnacknowledgedRollback() == nil)
            #expect(try await store.rollbacks(limit: 9).first?.rollback.acknowledgement == Self.seen)
        }
    }

    @Test("a latch that cannot be decoded keeps no rollback out of the database")
    func damagedLatch() async throws {
        try await withStore { store in
            try await store.setRollbackState("latch", to: "no JSON", at: .sample)
            try await SQLiteRollbackStore(store: store).record(
                Rollback(
                    evaluation: Self.evaluation, isDryRun: false, flagsBefore: .defaultValue, flagsAfter: .defaultValue)
            )
            #expect(try await store.rollbacks(limit: 9).count == 1)
        }
    }

    @Test("a change that throws stores nothing")
    func throwing() async throws {
        try await withStore { store in
            let record = SQLiteRollbackStore(store: store)
            await #expect(throws: (any Error).self) {
                _ = try await record.changeLatch { latch in
                    latch.fire(Self.evaluation)
                    throw RollbackLatchError.notLatched
                }
            }
            let latch = try await record.loadLatch()
            #expect(!latch.isLatched)
        }
    }

    @Test("a baseline comes back as it was saved")
    func baseline() async throws {
        try await withStore { store in
            let record = SQLiteRollbackStore(store: store)
            #expect(try await record.loadBaseline() == nil)
            var samples = LatencyHistogram()
            for milliseconds in 1...50 { samples.record(.milliseconds(milliseconds)) }
            var baseline = Baseline()
            baseline.learn(samples, at: .sample, settings: RollbackSettings())
            try await record.save(baseline)
            #expect(try await record.loadBaseline() == baseline)
        }
    }

    private static func rollback(at time: Timestamp = .sample) -> Rollback {
        let evaluation = Evaluation(
            trigger: .errorRate, time: time, state: .firing, sentence: "error rate 7.9 %")
        return Rollback(evaluation: evaluation, isDryRun: false, flagsBefore: .defaultValue, flagsAfter: .defaultValue)
    }

    @Test("a rollback that is written after its acknowledgement is written as acknowledged")
    func acknowledgedBefore() async throws {
        try await withStore { store in
            let record = SQLiteRollbackStore(store: store)
            _ = try await record.changeLatch { latch in
                latch.fire(Self.rollback().evaluation)
                try latch.acknowledge(Self.seen)
            }
            try await record.record(Self.rollback())
            #expect(try await store.rollbacks(limit: 9).first?.rollback.acknowledgement == Self.seen)
            #expect(try await store.latestUnacknowledgedRollback() == nil)
        }
    }

    @Test("a rollback that was left open before an acknowledged one is settled by the next change of the latch")
    func leftOpen() async throws {
        try await withStore { store in
            let record = SQLiteRollbackStore(store: store)
            _ = try await record.changeLatch { latch in
                latch.fire(Self.rollback().evaluation)
                try latch.acknowledge(Self.seen)
            }
            let _: Int64 = try await store.record(Self.rollback(at: .sample + -1000))
            #expect(try await store.latestUnacknowledgedRollback() != nil)
            _ = try await record.changeLatch { _ in }
            #expect(try await store.latestUnacknowledgedRollback() == nil)
        }
    }

    @Test("an acknowledgement does not reach a rollback after it")
    func later() async throws {
        try await withStore { store in
            let record = SQLiteRollbackStore(store: store)
            _ = try await record.changeLatch { latch in
                latch.fire(Self.rollback().evaluation)
                try latch.acknowledge(Self.seen)
            }
            try await record.record(Self.rollback(at: Self.seen.time + 1))
            #expect(try await store.latestUnacknowledgedRollback() != nil)
        }
    }
}
