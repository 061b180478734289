import CommandSupport
import DivergenceStore
import ParallaxCore

/// Why the two sides differ, how sure the shares are, and what has changed.
extension ReportText {
    var causes: [String] {
        guard report.diverged > 0 else { return [] }
        var table = TextTable([.left, .right, .right, .right, .right, .left])
        table.add(
            "cause", "change verdicts", "of compared", "95 % interval", "others", "when (UTC), and the busiest minute")
        let unexplained = DivergenceCause.unexplained.rawValue
        let causes = Ranking.causes(report)
        if !causes.contains(where: { $0.name == unexplained }) { add((unexplained, 0, 0), to: &table) }
        for cause in causes { add(cause, to: &table) }
        var meanings = TextTable([.left, .left])
        for cause in causes.compactMap({ DivergenceCause(rawValue: $0.name) }) {
            meanings.add(cause.rawValue, cause.meaning)
        }
        return [style.bold("Why: causes of divergences")] + table.lines() + meanings.lines()
    }

    private func add(_ cause: (name: String, changing: Int, other: Int), to table: inout TextTable) {
        let estimate = ShareEstimate(cause.changing, of: report.compared)
        table.add(
            cause.name.escapedForTerminal, NumberFormat.count(cause.changing), NumberFormat.share(estimate.share),
            NumberFormat.interval(estimate), NumberFormat.count(cause.other),
            report.causeTimes[cause.name].map(CauseSentences.times) ?? "")
    }

    private func add(_ name: String, _ count: Int, to table: inout TextTable) {
        let estimate = ShareEstimate(count, of: report.compared)
        table.add(
            name.escapedForTerminal, NumberFormat.count(count), NumberFormat.share(estimate.share),
            NumberFormat.interval(estimate),
            bar(count))
    }

    var kinds: [String] {
        guard report.diverged > 0 else { return [] }
        var table = TextTable([.left, .right, .right, .right, .left])
        table.add("kind and cause", "requests", "of compared", "95 % interval", "")
        for (kind, count) in Ranking.kinds(report.kinds) {
            add(kind, count, to: &table)
            for (cause, count) in Ranking.unexplainedFirst(report.causesByKind[kind] ?? [:]) {
                add("  " + cause, count, to: &table)
            }
        }
        return [style.bold("Why: kinds, each with its causes")] + table.lines()
    }

    /// Only for a terminal: in a file or a pipe it would be in the way.
    private func bar(_ count: Int) -> String {
        guard style.isInteractive else { return "" }
        return TerminalStyle.bar(count, of: report.diverged, width: max(8, min(30, style.width - 60)))
    }

    /// What still holds or has run out; what was said before that is history.
    var settlements: [String] {
        let current = report.settlements.filter { $0.state != .superseded }
        guard !current.isEmpty else { return [] }
        return [style.bold("Settled by reviewers")] + SettlementsText.lines(current).map { "  " + $0 }
    }

    var changes: [String] {
        guard let previous = report.previous else { return [] }
        let title =
            style.bold("What changed against the period before")
            + ": \(Timestamp.period(previous.since, previous.until, toTheMinute: true)) UTC, "
            + "\(NumberFormat.count(previous.compared)) compared"
        guard previous.compared > 0 else { return [title + ", so nothing to compare with"] }
        var table = TextTable([.left, .right, .right, .right, .right, .left])
        table.add("of compared", "before", "", "now", "", "")
        for change in report.changes {
            table.add(
                change.name.escapedForTerminal, NumberFormat.count(change.before.count),
                NumberFormat.share(change.before.share),
                NumberFormat.count(change.after.count), NumberFormat.share(change.after.share), Self.mark(change))
        }
        return [title] + table.lines()
    }

    /// What is more than chance would make of one share.
    static func mark(_ change: ReportChange) -> String {
        guard change.isClear else { return "" }
        return change.after.share > change.before.share ? "clearly more" : "clearly less"
    }
}

/// The same sentences for the terminal and the page.
enum CauseSentences {
    /// `2026-11-23 14:01 to 14:09, most at 2026-11-23 14:03 (120)`.
    static func times(_ times: DivergenceReport.CauseTimes) -> String {
        "\(Timestamp.period(times.from, times.to, toTheMinute: true)), most at "
            + "\(times.busiest.textToTheMinute) (\(NumberFormat.count(times.busiestRequests)))"
    }
}
