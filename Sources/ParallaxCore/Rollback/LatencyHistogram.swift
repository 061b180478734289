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
