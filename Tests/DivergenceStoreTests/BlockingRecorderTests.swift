import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct BlockingRecorderTests {
    @Test("more than fits the buffer is written all the same, and nothing is dropped", arguments: [1, 7, 1000])
    func nothingDropped(capacity: Int) async throws {
        try await withStore { store in
            var recorder = BlockingRecorder(store: store, instances: ["one", "two"], capacity: capacity)
            for number in 0..<500 {
                // Each in a minute of its own: more totals than fit at once.
                let time = Timestamp(milliseconds: Int64(number) * 60_000)
                try recorder.record(.sample(.diverged(.newlyLimited, .otherInstances), at: time), of: number % 2)
            }
            try recorder.flush()
            let report = try await store.report()
            #expect(report.compared == 500)
            #expect(report.storedOneByOne == 500)
            #expect(report.dropped.isEmpty)
            #expect(report.rowsDropped.isEmpty)
            #expect(report.instances == ["one", "two"])
            let stored = try await store.divergences(limit: 1000)
            #expect(stored.filter { $0.instance == "two" }.count == 250)
            #expect(stored.first?.time == Timestamp(milliseconds: 499 * 60_000))
        }
    }

    @Test("single divergences beyond a minute's bound are counted, as a service's are")
    func sampled() async throws {
        try await withStore { store in
            var recorder = BlockingRecorder(store: store, instances: ["one"], capacity: 50)
            for _ in 0..<300 {
                try recorder.record(
                    .sample(.diverged(.newlyLimited, .otherInstances)), of: 0)
            }
            try recorder.flush()
            let report = try await store.report()
            #expect(report.diverged == 300)
            #expect(report.storedOneByOne == 100)
            #expect(report.rowsDropped == ["sampled": 200])
        }
    }

    @Test("a database that cannot be written ends the recording with its error")
    func failing() async throws {
        try await withStore { store in
            var recorder = BlockingRecorder(store: store, instances: ["one"])
            try recorder.record(.sample(.agreed), of: 0)
            try store.close()
            #expect(throws: DivergenceStoreError.self) { try recorder.flush() }
        }
    }

    @Test("a write that failed in the background is told before the next one begins")
    func failingEarlier() async throws {
        try await withStore { store in
            var recorder = BlockingRecorder(store: store, instances: ["one"], capacity: 2)
            try store.close()
            for _ in 0..<3 { try recorder.record(.sample(.agreed), of: 0) }
            #expect(throws: DivergenceStoreError.self) { try recorder.record(.sample(.agreed), of: 0) }
        }
    }
}
