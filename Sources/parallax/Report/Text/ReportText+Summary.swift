import CommandSupport
import DivergenceStore
import ParallaxCore

/// What a decision maker reads first: the verdicts that change, and what the gate does not judge.
extension ReportText {
    var summary: [String] {
        let summary = report.summary
        guard summary.compared > 0 else { return [style.bold("No request was compared")] }
        var table = TextTable([.left, .right, .right, .left])
        table.add(
            "newly limited", NumberFormat.count(summary.newlyLimited.requests.count),
            NumberFormat.share(summary.newlyLimited.requests.share), SummarySentences.callers(summary.newlyLimited))
        table.add(
            "newly let through", NumberFormat.count(summary.newlyAllowed.requests.count),
            NumberFormat.share(summary.newlyAllowed.requests.share), SummarySentences.callers(summary.newlyAllowed))
        let undecided = summary.undecided.map { "  - " + $0 }
        return [style.bold(SummarySentences.headline(summary))] + table.lines()
            + ["  " + SummarySentences.sides]
            + (undecided.isEmpty ? [] : [SummarySentences.undecided(report)] + undecided)
    }
}

/// The same sentences for the terminal and the page.
enum SummarySentences {
    /// What the two sides are.
    static let sides =
        "Control is the limiter in each instance's memory, the candidate the one in Redis that all instances share."

    /// What comes before the sentences that people have to decide on.
    static func undecided(_ report: DivergenceReport) -> String {
        report.gate == nil ? "To decide:" : "Not judged by the gate:"
    }

    static func headline(_ summary: DivergenceReport.Summary) -> String {
        "\(NumberFormat.count(summary.changed.count)) of \(NumberFormat.counted(summary.compared, "request")) "
            + "(\(NumberFormat.share(summary.changed.share))) would get another verdict"
    }

    /// Who is hit by one direction; empty for none.
    static func callers(_ direction: DivergenceReport.Summary.Direction) -> String {
        guard direction.requests.count > 0 else { return "" }
        let organizations = NumberFormat.counted(direction.organizations, "organization")
        guard let callers = direction.callers else { return organizations }
        return "\(NumberFormat.counted(callers, "caller")) of \(organizations)"
    }
}
