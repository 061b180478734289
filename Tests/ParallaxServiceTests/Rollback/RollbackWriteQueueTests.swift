import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct RollbackWriteQueueTests {
    private func evaluation(_ second: Int64) -> Evaluation {
        Evaluation(
            trigger: .errorRate, time: Timestamp(milliseconds: second * 1000), state: .ok, sentence: "fine")
    }

    @Test("evaluations are bounded, the oldest go first and are counted, and all else stays")
    func bounded() async {
        let record = MemoryRecord()
        record.lock(true)
        let writeQueue = RollbackWriteQueue(record: record)
        writeQueue.append(.latched(evaluation(0), hold: nil))
        writeQueue.append(
            .rollback(
                Rollback(
                    evaluation: evaluation(0), isDryRun: false, flagsBefore: .defaultValue, flagsAfter: .defaultValue)))
        for second in Int64(0)..<400 { writeQueue.append(.evaluations([evaluation(second), evaluation(second)])) }
        #expect(await writeQueue.write() is MemoryRecord.Locked)
        #expect(writeQueue.backlog == .init(pending: 362, droppedEvaluations: 80, failures: 2))
        record.lock(false)
        #expect(await writeQueue.write() == nil)
        #expect(record.rollbacks.count == 1)
        #expect(record.latch.isLatched)
        let written = record.contents.withLock(\.evaluations)
        #expect(written.first?.first == evaluation(40))
        #expect(written.last?.first == evaluation(399))
        #expect(writeQueue.backlog.pending == 0)
    }

    @Test("of baselines only the latest is written")
    func baselines() async {
        let record = MemoryRecord()
        let writeQueue = RollbackWriteQueue(record: record)
        var baseline = Baseline()
        for _ in 0..<3 {
            var samples = LatencyHistogram()
            samples.record(.milliseconds(1))
            baseline.learn(samples, at: Timestamp(milliseconds: 0), settings: RollbackSettings())
            writeQueue.append(.baseline(baseline))
        }
        #expect(writeQueue.backlog.pending == 1)
        #expect(await writeQueue.write() == nil)
        #expect(record.contents.withLock(\.baseline) == baseline)
    }

    @Test("an acknowledgement that another process gave first is not an error")
    func acknowledgedTwice() async throws {
        let record = MemoryRecord()
        let writeQueue = RollbackWriteQueue(record: record)
        let theirs = Acknowledgement(time: Timestamp(milliseconds: 1), by: "Grace", reason: "seen")
        _ = try record.changeLatch { latch in
            latch.fire(evaluation(0))
            try latch.acknowledge(theirs)
        }
        writeQueue.append(.acknowledged(Acknowledgement(time: Timestamp(milliseconds: 2), by: "Ada", reason: "seen")))
        #expect(await writeQueue.write() == nil)
        #expect(record.latch.acknowledgement == theirs)
    }
}
