import ParallaxCore

/// How long both sides took over the requests that both judged, agreed or not.
package struct ReportDurations: Codable, Equatable, Sendable {
    /// Of one side, in microseconds: times that a share of its answers did not exceed, to 3.2 %.
    package struct Quantiles: Codable, Equatable, Sendable {
        package var medianMicroseconds: Int64
        package var p95Microseconds: Int64
        package var p99Microseconds: Int64

        package init(medianMicroseconds: Int64, p95Microseconds: Int64, p99Microseconds: Int64) {
            self.medianMicroseconds = medianMicroseconds
            self.p95Microseconds = p95Microseconds
            self.p99Microseconds = p99Microseconds
        }
    }

    package var requests: Int
    package var control: Quantiles
    package var candidate: Quantiles

    package init(requests: Int, control: Quantiles, candidate: Quantiles) {
        self.requests = requests
        self.control = control
        self.candidate = candidate
    }
}

/// Durations as they are read, from one database after the other.
struct DurationSums: Sendable {
    private var buckets: [Side: [Int]] = [:]

    mutating func add(_ requests: Int, bucket: Int, of side: Side) {
        guard (0..<LatencyHistogram.bucketCount).contains(bucket), requests > 0 else { return }
        buckets[side, default: Array(repeating: 0, count: LatencyHistogram.bucketCount)][bucket] += requests
    }

    /// - Returns: `nil` if none were recorded.
    func makeDurations() -> ReportDurations? {
        guard let control = buckets[.control], let candidate = buckets[.candidate] else { return nil }
        return ReportDurations(
            requests: candidate.reduce(0, +), control: Self.quantiles(control), candidate: Self.quantiles(candidate))
    }

    private static func quantiles(_ buckets: [Int]) -> ReportDurations.Quantiles {
        let count = buckets.reduce(0, +)
        func quantile(_ share: Double) -> Int64 {
            let rank = max(1, Int((share * Double(count)).rounded(.up)))
            var seen = 0
            for (bucket, requests) in buckets.enumerated() {
                seen += requests
                if seen >= rank { return (LatencyHistogram.nanoseconds(ofBucket: bucket) + 500) / 1000 }
            }
            return 0
        }
        return .init(
            medianMicroseconds: quantile(0.5), p95Microseconds: quantile(0.95), p99Microseconds: quantile(0.99))
    }
}
