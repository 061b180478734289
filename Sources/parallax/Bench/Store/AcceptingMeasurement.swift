import Dispatch
import DivergenceStore
import Logging
import ParallaxCore
import Synchronization

/// What it costs a request to hand its divergence to the recorder, while the recorder writes.
struct AcceptingMeasurement: Sendable {
    struct Outcome: Encodable, Sendable {
        let threads: Int
        let perSecond: Double
        /// The time of one thread for one of its divergences.
        let nanoseconds: Double
        /// Of each call by itself, its own timing included.
        let slowestOfThousandMicroseconds: Double
        /// Rows that found no place.
        let rowsDropped: Int
    }

    /// Divergences of each thread.
    let divergences: Int
    let threads: Int
    let workload: StoreWorkload

    /// Measures on a database of its own.
    ///
    /// - Parameter path: Of a new file.
    func run(path: String) async throws -> Outcome {
        let store = try DivergenceStore(path: path)
        defer { try? store.close() }
        var settings = Recorder.Settings()
        // Every row is kept: that is the most work.
        settings.maximumRowsPerMinuteAndGroup = .max
        settings.maximumBufferedRows = .max
        let recorder = Recorder(
            store: store, instance: "bench", settings: settings, logger: Logger(label: "parallax.bench"))
        let flushing = Task { while !Task.isCancelled { await recorder.flush() } }
        let made = makeDivergences()
        let (elapsed, slowest) = Self.hand(made, to: recorder)
        flushing.cancel()
        await flushing.value
        while await !recorder.flush() {}
        let (all, health) = (divergences * threads, recorder.health)
        guard health.writtenComparisons == all else {
            throw CommandFailure(.failure, "of \(all) divergences \(health.writtenComparisons) were written")
        }
        return Outcome(
            threads: threads, perSecond: Double(all) / (elapsed / .seconds(1)),
            nanoseconds: elapsed / .nanoseconds(1) / Double(divergences), slowestOfThousandMicroseconds: slowest,
            rowsDropped: health.droppedRows.values.reduce(0, +))
    }

    private func makeDivergences() -> [[Comparison]] {
        var workload = workload
        let now = Timestamp.wallClock
        return (0..<threads).map { _ in (0..<divergences).map { _ in workload.makeDivergence(at: now) } }
    }

    /// - Returns: The time that all threads took together, and the slowest call of a thousand in microseconds.
    private static func hand(_ made: [[Comparison]], to recorder: Recorder) -> (Duration, Double) {
        let slowest = Mutex<[Double]>([])
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            DispatchQueue.concurrentPerform(iterations: made.count) { thread in
                let half = made[thread].count / 2
                for comparison in made[thread][..<half] { recorder.compared(comparison) }
                // The second half one by one.
                var times: [Duration] = []
                times.reserveCapacity(made[thread].count - half)
                for comparison in made[thread][half...] {
                    let start = clock.now
                    recorder.compared(comparison)
                    times.append(start.duration(to: clock.now))
                }
                times.sort()
                let place = times[times.count * 999 / 1000] / .microseconds(1)
                slowest.withLock { $0.append(place) }
            }
        }
        return (elapsed, slowest.withLock { $0.max() ?? 0 })
    }
}
