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
