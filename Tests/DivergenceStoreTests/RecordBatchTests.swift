import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct RecordBatchTests {
    @Test("drops beyond their bound are counted under one minute for each reason, and none is lost")
    func boundsDrops() {
        let bounds = RecordBatch.Bounds(totals: 1, rows: 1, drops: 3)
        var batch = RecordBatch()
        for minute in 0..<100 as Range<Int64> {
            for reason in DropReason.allCases {
                batch.drop(1, of: .row, in: .sample.plus(minutes: minute), because: reason, bounds: bounds)
            }
        }
        #expect(batch.drops.count <= 3 + DropReason.allCases.count)
        #expect(batch.drops.values.reduce(0, +) == 100 * DropReason.allCases.count)
        #expect(batch.newDrops.rows == Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0, 100) }))
    }

    @Test("what has been dropped is handed over once, also when a batch is merged again")
    func handsOverDropsOnce() {
        let bounds = RecordBatch.Bounds(totals: 1, rows: 1)
        var batch = RecordBatch()
        batch.drop(5, of: .comparison, in: .sample, because: .bufferFull, bounds: bounds)
        #expect(batch.takeNewDrops().comparisons == [.bufferFull: 5])
        var other = RecordBatch()
        other.merge(batch, bounds: bounds, otherwise: .diskFull)
        #expect(other.takeNewDrops() == DropCounts())
        #expect(other.drops.values.reduce(0, +) == 5)
    }

    @Test("minutes that overtake each other keep their bounds, and a clock that steps back still stores rows")
    func keepsScopes() {
        var settings = Recorder.Settings()
        settings.maximumRowsPerMinuteAndGroup = 1
        var buffer = RecordBuffer(settings: settings)
        for minute in [0, 1, 0, 1, 2, 0, 3, 4, 5, 0] as [Int64] {
            buffer.add(.sample(.diverged(.newlyLimited, .boundary), at: .sample.plus(minutes: minute)))
        }
        let minutes = buffer.batch.rows.map { ($0.key.minute - .sample) / 60_000 }
        #expect(minutes == [0, 1, 2, 3, 4, 5, 0])
    }

    @Test("attempts follow after 1, 2, 4 intervals and so on up to the longest pause, and at once after a success")
    func spacesAttempts() {
        var schedule = RetrySchedule(maximumIntervals: 5)
        var attempts: [Int] = []
        for tick in 1...20 where schedule.tick() {
            attempts.append(tick)
            schedule.failed()
        }
        #expect(attempts == [1, 2, 4, 8, 13, 18])
        schedule.succeeded()
        let isDue = [schedule.tick(), schedule.tick()]
        #expect(isDue == [true, true])
    }

    @Test(
        "texts are the same only byte for byte, and sort by bytes",
        arguments: [("é", "e\u{301}", false), ("a", "a", true), ("a", "a\0", false), ("", "", true)])
    func comparesBytes(left: String, right: String, isEqual: Bool) {
        #expect((ExactText(left) == ExactText(right)) == isEqual)
        #expect(Set([ExactText(left), ExactText(right)]).count == (isEqual ? 1 : 2))
        #expect(!(ExactText(left) < ExactText(left)))
        #expect(isEqual || (ExactText(left) < ExactText(right)) != (ExactText(right) < ExactText(left)))
    }
}
