/// The minutes since the beginning of a watch in which an instance ran, did what the flags say and reported.
package struct WatchedMinutes: Equatable, Sendable {
    /// The most ranges that are kept: beyond, the shortest are given up, which only makes the watch longer.
    private static let maximumRanges = 500
    /// 31 years: more than any watch lasts.
    private static let maximumMinutes = 1 << 24

    /// In order and apart from each other.
    private(set) var ranges: [Range<Int>] = []

    package init() {}

    package var count: Int { ranges.reduce(0) { $0 + $1.count } }

    package mutating func insert(_ minute: Int) {
        guard minute >= 0 else { return }
        if let last = ranges.last, last.contains(minute) { return }
        if let last = ranges.last, last.upperBound == minute {
            ranges[ranges.count - 1] = last.lowerBound..<(minute + 1)
        } else {
            ranges.append(minute..<(minute + 1))
            normalize()
        }
    }

    /// Adds the minutes that another instance watched.
    package mutating func formUnion(_ other: WatchedMinutes) {
        ranges += other.ranges
        normalize()
    }

    private mutating func normalize() {
        var joined: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound {
                joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        while joined.count > Self.maximumRanges,
            let shortest = joined.indices.min(by: { joined[$0].count < joined[$1].count })
        {
            joined.remove(at: shortest)
        }
        ranges = joined
    }
}

/// Encoded as a list of pairs: the first minute of a range and the one after its last.
extension WatchedMinutes: Codable {
    /// - Throws: `DecodingError` for more or later ranges than a watch has.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        ranges = try container.decode([Range<Int>].self)
        guard ranges.count <= Self.maximumRanges,
            ranges.allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= Self.maximumMinutes })
        else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "must be at most \(Self.maximumRanges) ranges of minutes from 0 to \(Self.maximumMinutes)")
        }
        normalize()
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(ranges)
    }
}
