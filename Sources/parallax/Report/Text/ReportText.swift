import DivergenceStore
import ParallaxCore

/// A divergence report as text for a terminal, in the order in which a migration is decided: the gate's decision, the
/// verdicts that change, the gate's checks, who is hit, why, what the figures stand on, and outages.
struct ReportText {
    let report: DivergenceReport
    let style: TerminalStyle

    var text: String {
        guard report.from != nil else { return nothing }
        return [
            decision, summary, checks, events, volume, limited, letThrough, causes, kinds, settlements, changes,
            foundation,
            sides,
            durations, coverage, outages,
        ]
        .filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var nothing: String {
        let text = """
            Nothing was recorded in this period.
            Comparisons are made while the strategy is hybrid and requests come in; see 'parallax flags show'.
            """
        return verdict.isEmpty ? text : verdict.joined(separator: "\n") + "\n\n" + text
    }
}

/// Counts by name, as both the text and the page list them.
enum Ranking {
    /// The largest first; equals by name, so that the order is always the same.
    static func byCount(_ counts: [String: Int]) -> [(name: String, count: Int)] {
        counts.filter { $0.value > 0 }.map { (name: $0.key, count: $0.value) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.name < $1.name }
    }

    /// The same, but what is unexplained comes first: a reviewer begins there.
    static func unexplainedFirst(_ counts: [String: Int]) -> [(name: String, count: Int)] {
        let ranked = byCount(counts)
        let unexplained = DivergenceCause.unexplained.rawValue
        return ranked.filter { $0.name == unexplained } + ranked.filter { $0.name != unexplained }
    }

    /// Kinds, those first that change verdicts and quota drift last.
    static func kinds(_ counts: [String: Int]) -> [(name: String, count: Int)] {
        DivergenceKind.allCases.compactMap { kind in
            counts[kind.rawValue].flatMap { $0 > 0 ? (name: kind.rawValue, count: $0) : nil }
        }
    }

    /// Causes with the verdicts that they change and the divergences that leave the verdict as it is; unexplained first,
    /// then by the verdicts that change.
    static func causes(_ report: DivergenceReport) -> [(name: String, changing: Int, other: Int)] {
        let changing = DivergenceKind.changingVerdicts.reduce(into: [String: Int]()) { sums, kind in
            sums.merge(report.causesByKind[kind.rawValue] ?? [:], uniquingKeysWith: +)
        }
        let unexplained = DivergenceCause.unexplained.rawValue
        return report.causes.filter { $0.value > 0 }
            .map { (name: $0.key, changing: changing[$0.key] ?? 0, other: $0.value - (changing[$0.key] ?? 0)) }
            .sorted { left, right in
                guard (left.name == unexplained) == (right.name == unexplained) else { return left.name == unexplained }
                return (right.changing, right.other, left.name) < (left.changing, left.other, right.name)
            }
    }

    static func sum(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }
}
