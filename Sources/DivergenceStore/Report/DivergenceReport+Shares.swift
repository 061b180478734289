package import ParallaxCore

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
