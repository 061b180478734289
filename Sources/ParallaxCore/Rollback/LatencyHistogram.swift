import Synchronization

/// How often each response time was seen, in buckets that grow with the time.
///
/// Each octave has sixteen buckets of equal width, as in HdrHistogram (Gil Tene, public domain): a time stands for its
/// bucket's middle, at most 3.2 % away, from 1 µs to 68 s; what is faster or slower counts in the outermost bucket.
/// Adding two histograms gives the one of all their samples, and twice a time lies exactly sixteen buckets higher.
/// Memory is fixed: 1.8 KB, and nothing while empty.
package struct LatencyHistogram: Sendable {
    /// Sixteen buckets an octave.
    private static let octaveBits = 4
    /// Times below 2^9 ns count in the first bucket.
    private static let lowestExponent = 9
    /// Times from 2^36 ns, about 68.7 s, count in the last bucket.
    private static let highestExponent = 35
    private static let offset = (lowestExponent - octaveBits + 1) << octaveBits

    package static let bucketCount = ((highestExponent - octaveBits + 2) << octaveBits) - offset

    /// Samples by bucket; empty while there are none.
    package private(set) var counts: [UInt32] = []
    /// Samples in all.
    package private(set) var count = 0

    package init() {}

    /// Counts one response time; a negative one counts as the fastest.
    package mutating func record(_ duration: Duration) {
        add(1, toBucket: LatencyHistogram.bucket(of: duration))
    }

    /// Adds the samples of another histogram.
    package mutating func add(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        allocate()
        for bucket in counts.indices { counts[bucket] &+= other.counts[bucket] }
        count += other.count
    }

    /// The samples whose buckets stand for more than a time.
    package func samples(above limit: Duration) -> LatencyHistogram {
        var slower = LatencyHistogram()
        for (bucket, samples) in counts.enumerated()
        where samples > 0 && .nanoseconds(LatencyHistogram.nanoseconds(ofBucket: bucket)) > limit {
            slower.add(samples, toBucket: bucket)
        }
        return slower
    }

    /// Takes away samples that were added before.
    package mutating func subtract(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        precondition(other.count <= count, "a histogram can only lose samples that it was given")
        for bucket in counts.indices { counts[bucket] &-= other.counts[bucket] }
        count -= other.count
    }

    mutating func add(_ samples: UInt32, toBucket bucket: Int) {
        allocate()
        counts[bucket] &+= samples
        count += Int(samples)
    }

    private mutating func allocate() {
        if counts.isEmpty { counts = Array(repeating: 0, count: LatencyHistogram.bucketCount) }
    }
}

extension LatencyHistogram {
    /// The middle of a bucket, in nanoseconds: what every sample in it stands for.
    package static func nanoseconds(ofBucket bucket: Int) -> Int64 {
        let position = bucket + offset
        let shift = (position >> octaveBits) - 1
        let lowest = Int64(position & 15 | 16) << Int64(shift)
        return lowest + (Int64(1) << Int64(shift - 1))
    }

    static func bucket(ofNanoseconds nanoseconds: Int64) -> Int {
        let value = min(max(nanoseconds, 1 << lowestExponent), (1 << (highestExponent + 1)) - 1)
        let shift = 63 - value.leadingZeroBitCount - octaveBits
        return (shift << octaveBits) + Int(value >> Int64(shift)) - offset
    }

    static func bucket(of duration: Duration) -> Int { bucket(ofNanoseconds: nanoseconds(of: duration)) }

    /// Whole nanoseconds, kept within what 64 bits hold; none for negative times.
    static func nanoseconds(of duration: Duration) -> Int64 {
        // Up to eighteen seconds the attoseconds fit a word: dividing 128 bits would be the dearest part of counting.
        if let attoseconds = UInt64(exactly: duration.attoseconds) { return Int64(attoseconds / 1_000_000_000) }
        let (seconds, attoseconds) = duration.components
        guard seconds < 9_000_000_000 else { return .max }
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

extension LatencyHistogram: Equatable {
    package static func == (left: LatencyHistogram, right: LatencyHistogram) -> Bool {
        left.count == right.count && (left.count == 0 || left.counts == right.counts)
    }
}

extension LatencyHistogram {
    /// The time that a share of the samples does not exceed: the sample of rank `ceil(share * count)`.
    ///
    /// - Parameter share: Between 0 and 1, such as 0.95.
    /// - Returns: The middle of that sample's bucket; `nil` without samples.
    package func quantile(_ share: Double) -> Duration? {
        time(ofRank: (share * Double(count)).rounded(.up))
    }

    /// The times between which the quantile of the traffic, of which the samples are a part, lies.
    ///
    /// The number of samples below the true quantile is binomial, so the samples a few deviations of it before and
    /// after the quantile's rank enclose it, whatever shape the times have (W. J. Conover, "Practical Nonparametric
    /// Statistics", 3rd edition, section 3.2; by the normal approximation, rounded outwards). Where there are too few
    /// samples to enclose it, the outermost ones are given.
    ///
    /// - Parameters:
    ///   - share: Between 0 and 1, such as 0.95.
    ///   - deviations: How sure to be on each side, in standard deviations.
    package func quantileBounds(_ share: Double, deviations: Double) -> (lower: Duration, upper: Duration)? {
        let centre = share * Double(count)
        let reach = deviations * (centre * (1 - share)).squareRoot()
        guard let lower = time(ofRank: (centre - reach).rounded(.down)),
            let upper = time(ofRank: (centre + reach).rounded(.up))
        else { return nil }
        return (lower, upper)
    }

    /// The time of the sample with a rank, counted from 1; ranks beyond the ends give the outermost samples.
    private func time(ofRank rank: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = Int(min(max(rank, 1), Double(count)))
        var seen = 0
        for (bucket, samples) in counts.enumerated() {
            seen += Int(samples)
            if seen >= rank { return .nanoseconds(LatencyHistogram.nanoseconds(ofBucket: bucket)) }
        }
        preconditionFailure("a histogram's buckets hold fewer samples than it counts")
    }
}

/// Encoded as two lists of the same length: the buckets that hold samples, and how many each holds.
extension LatencyHistogram: Codable {
    private enum Key: String, CodingKey {
        case buckets
        case samples
    }

    /// - Throws: `DecodingError` if the lists do not make a histogram.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let buckets = try container.decode([Int].self, forKey: .buckets)
        let samples = try container.decode([UInt32].self, forKey: .samples)
        guard buckets.count == samples.count, Set(buckets).count == buckets.count,
            buckets.allSatisfy((0..<LatencyHistogram.bucketCount).contains)
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .buckets, in: container,
                debugDescription:
                    "buckets must be distinct, below \(LatencyHistogram.bucketCount), and as many as samples")
        }
        self.init()
        for (bucket, samples) in zip(buckets, samples) { add(samples, toBucket: bucket) }
    }

    package func encode(to encoder: any Encoder) throws {
        let held = counts.indices.filter { counts[$0] > 0 }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(held, forKey: .buckets)
        try container.encode(held.map { counts[$0] }, forKey: .samples)
    }
}

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
