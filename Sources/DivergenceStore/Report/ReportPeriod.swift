package import ParallaxCore

/// The figures of the period before, of the same length, to see what has changed.
package struct ReportPeriod: Codable, Equatable, Sendable {
    package var since: Timestamp
    package var until: Timestamp
    package var compared: Int
    package var diverged: Int
    package var kinds: [String: Int]
    package var causes: [String: Int]

    package init(
        since: Timestamp, until: Timestamp, compared: Int, diverged: Int, kinds: [String: Int], causes: [String: Int]
    ) {
        self.since = since
        self.until = until
        self.compared = compared
        self.diverged = diverged
        self.kinds = kinds
        self.causes = causes
    }
}

/// What a kind or a cause was of the compared requests, before and now.
package struct ReportChange: Encodable, Equatable, Sendable {
    package var name: String
    package var before: ShareEstimate
    package var after: ShareEstimate

    package init(name: String, before: ShareEstimate, after: ShareEstimate) {
        self.name = name
        self.before = before
        self.after = after
    }

    /// Whether the two intervals have no share in common.
    package var isClear: Bool { after.differsClearly(from: before) }
}

extension ReportChange {
    private enum CodingKeys: String, CodingKey {
        case name, before, after, isClear
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(before, forKey: .before)
        try values.encode(after, forKey: .after)
        try values.encode(isClear, forKey: .isClear)
    }
}
