import ParallaxCore
import Testing

@testable import DivergenceStore

/// How long both sides took, whatever came of the comparison.
@Suite struct DurationTests {
    @Test("durations of agreed requests count as those of diverged ones, and none of unanswered ones")
    func agreedToo() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for _ in 0..<3 { recorder.compared(.sample(.agreed)) }
            recorder.compared(.sample(.diverged(.quotaDrift, .boundary)))
            await recorder.flush()
            recorder.compared(.sample(.diverged(.newlyLimited, .boundary), at: .sample.plus(minutes: 1)))
            // Took 250 ms, and gave no verdict.
            recorder.compared(.sample(.incomparable(.timedOut)))
            await recorder.flush()
            let durations = try #require(try await store.report().durations)
            #expect(durations.requests == 5)
            // Control took 300 us and the candidate 500 us, to 3.2 %.
            #expect((290...310).contains(durations.control.medianMicroseconds))
            #expect((484...516).contains(durations.candidate.p99Microseconds))
        }
    }

    @Test("durations of several databases are those of all their requests, of the period only")
    func severalDatabases() async throws {
        try await withStore { first in
            try await withStore { second in
                for (store, count) in [(first, 1), (second, 4)] {
                    let recorder = Recorder.sample(store)
                    for minute in 0..<count {
                        recorder.compared(.sample(.agreed, at: .sample.plus(minutes: Int64(minute))))
                    }
                    await recorder.flush()
                }
                let whole = try await DivergenceStore.report(of: [first, second])
                #expect(whole.durations?.requests == 5)
                let period = DivergenceFilter(since: .sample.plus(minutes: 2))
                let part = try await DivergenceStore.report(of: [first, second], period)
                #expect(part.durations?.requests == 2)
            }
        }
    }

    @Test("a quantile is the time that so many of the requests did not exceed")
    func quantiles() throws {
        var sums = DurationSums()
        for microseconds in 1...1_000 {
            var histogram = LatencyHistogram()
            histogram.record(.microseconds(microseconds))
            let bucket = try #require(histogram.counts.firstIndex { $0 > 0 })
            sums.add(1, bucket: bucket, of: .candidate)
            sums.add(1, bucket: bucket, of: .control)
        }
        let candidate = try #require(sums.makeDurations()).candidate
        #expect((484...516).contains(candidate.medianMicroseconds))
        #expect((919...981).contains(candidate.p95Microseconds))
        #expect((958...1_022).contains(candidate.p99Microseconds))
        #expect(DurationSums().makeDurations() == nil)
    }

    @Test("while the database cannot be written, minutes beyond the bound are counted together and none is lost")
    func bound() {
        var batch = RecordBatch()
        var bounds = RecordBatch.Bounds(totals: 10, rows: 10)
        bounds.durations = 2
        for minute in 0..<5 as Range<Int64> {
            var later = RecordBatch()
            later.addDurations(of: .sample(.agreed), in: .sample.plus(minutes: minute), bounds: bounds)
            batch.merge(later, bounds: bounds, otherwise: .bufferFull)
        }
        #expect(batch.durations.count == 2)
        #expect(batch.durations.values.map(\.candidate.count).reduce(0, +) == 5)
    }
}
