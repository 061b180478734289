import Synchronization

/// A latency histogram that many threads add to at once: one atomic addition a sample, and no lock.
package final class LatencyCounters: Sendable {
    /// By bucket of ``LatencyHistogram``.
    private let counts: InlineArray<432, Atomic<UInt32>>

    package init() {
        precondition(LatencyHistogram.bucketCount == 432, "a bucket of the histogram has no counter")
        counts = InlineArray { _ in Atomic(0) }
    }

    package func record(_ duration: Duration) {
        counts[LatencyHistogram.bucket(of: duration)].wrappingAdd(1, ordering: .releasing)
    }

    /// Takes what was counted and starts at nothing. What is counted meanwhile is in this histogram or in the next.
    package func take() -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for bucket in 0..<LatencyHistogram.bucketCount where counts[bucket].load(ordering: .relaxed) > 0 {
            histogram.add(counts[bucket].exchange(0, ordering: .acquiring), toBucket: bucket)
        }
        return histogram
    }
}
