import DivergenceStore
import ParallaxCore

/// A divergence report as text for a terminal, in the order in which a migration is decided: the verdict, who is hit,
/// why, what the figures stand on, and outages.
struct ReportText {
    let report: DivergenceReport
    let style: TerminalStyle

    var text: String {
        guard report.from != nil else { return nothing }
        return [
            verdict, head, volume, limited, letThrough, causes, kinds, settlements, changes, foundation, sides,
            coverage,
            outages,
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

    private var head: [String] {
        let agreed = Figures.share(report.agreed, of: report.compared)
        return [
            style.bold(
                "\(Figures.count(report.compared)) requests compared, \(agreed) agreed, "
                    + "\(Figures.count(report.diverged)) diverged")
        ]
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

    static func sum(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }
}
