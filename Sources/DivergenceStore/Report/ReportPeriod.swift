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

/// Shares with their intervals: what the counts say, and how.
extension DivergenceReport {
    /// Kinds or causes as shares of the compared requests, by name.
    package struct Shares: Encodable, Equatable, Sendable {
        package let kinds: [String: ShareEstimate]
        package let causes: [String: ShareEstimate]
    }

    package var shares: Shares {
        Shares(
            kinds: kinds.mapValues { ShareEstimate($0, of: compared) },
            causes: causes.mapValues { ShareEstimate($0, of: compared) })
    }

    /// What changed against the period before: kinds first, then causes, each in the order of their definition; empty
    /// without such a period.
    package var changes: [ReportChange] {
        guard let previous else { return [] }
        func changes(_ names: [String], _ before: [String: Int], _ after: [String: Int]) -> [ReportChange] {
            names.filter { before[$0] != nil || after[$0] != nil }.map { name in
                ReportChange(
                    name: name, before: ShareEstimate(before[name] ?? 0, of: previous.compared),
                    after: ShareEstimate(after[name] ?? 0, of: compared))
            }
        }
        return changes(DivergenceKind.allCases.map(\.rawValue), previous.kinds, kinds)
            + changes(DivergenceCause.allCases.map(\.rawValue), previous.causes, causes)
    }
}
