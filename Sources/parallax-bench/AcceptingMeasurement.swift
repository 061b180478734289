import CommandSupport
import Dispatch
import DivergenceStore
import Foundation
import Logging
import ParallaxCore
import Synchronization

/// What it costs a request to hand its divergence to the recorder, while the recorder writes.
struct AcceptingMeasurement: Sendable {
    struct Outcome: Encodable, Sendable {
        let threads: Int
        let perSecond: Double
        /// The processor time that one divergence takes of the thread of its request.
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
        let (elapsed, taken, slowest) = Self.hand(made, to: recorder)
        flushing.cancel()
        await flushing.value
        while await !recorder.flush() {}
        let (all, health) = (divergences * threads, recorder.health)
        guard health.writtenComparisons == all else {
            throw CommandFailure(.failure, "of \(all) divergences \(health.writtenComparisons) were written")
        }
        return Outcome(
            threads: threads, perSecond: Double(all) / (elapsed / .seconds(1)),
            nanoseconds: taken, slowestOfThousandMicroseconds: slowest,
            rowsDropped: health.droppedRows.values.reduce(0, +))
    }

    private func makeDivergences() -> [[Comparison]] {
        var workload = workload
        let now = Timestamp.wallClock
        return (0..<threads).map { _ in (0..<divergences).map { _ in workload.makeDivergence(at: now) } }
    }

    /// - Returns: From the first to the last, a call's processor time in nanoseconds, and the slowest call of a thousand in
    ///   microseconds.
    private static func hand(_ made: [[Comparison]], to recorder: Recorder) -> (Duration, Double, Double) {
        let slowest = Mutex<[Double]>([])
        let taken = Mutex<[Double]>([])
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            DispatchQueue.concurrentPerform(iterations: made.count) { thread in
                let half = made[thread].count / 2
                let before = threadTime
                for comparison in made[thread][..<half] { recorder.compared(comparison) }
                let nanoseconds = (threadTime - before) / .nanoseconds(1) / Double(half)
                taken.withLock { $0.append(nanoseconds) }
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
        return (elapsed, taken.withLock { $0.median }, slowest.withLock { $0.max() ?? 0 })
    }

    /// The processor time that this thread has had.
    private static var threadTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
