import DivergenceStore
import ParallaxCore

/// A divergence report as text for a terminal.
struct ReportText {
    let report: DivergenceReport
    let style: TerminalStyle

    var text: String {
        guard report.from != nil else { return nothing }
        return [head, figures, verdicts, kinds, affected, foundation].filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var nothing: String {
        """
        Nothing was recorded in this period.
        Comparisons are made while the strategy is hybrid and requests come in; see 'parallax flags show'.
        """
    }

    private var head: [String] {
        let agreed = Figures.share(report.agreed, of: report.compared)
        return [
            style.bold(
                "\(Figures.count(report.compared)) requests compared, \(agreed) agreed, "
                    + "\(Figures.count(report.diverged)) diverged")
        ]
    }

    private var figures: [String] {
        var table = TextTable([.left, .right, .right, .left])
        table.add("compared", Figures.count(report.compared))
        table.add("agreed", Figures.count(report.agreed), Figures.share(report.agreed, of: report.compared))
        table.add("diverged", Figures.count(report.diverged), Figures.share(report.diverged, of: report.compared))
        if let same = sameVerdict {
            table.add("same verdict", Figures.count(same), Figures.share(same, of: report.compared))
        }
        table.add("incomparable", Figures.count(total(report.incomparable)), "", reasons(report.incomparable))
        table.add("not recorded", Figures.count(total(report.dropped)), "", reasons(report.dropped))
        return table.lines()
    }

    /// Requests whose caller would have got the same verdict from both sides; `nil` where the report was narrowed to a
    /// kind or a cause, and so cannot tell.
    private var sameVerdict: Int? {
        guard total(report.kinds) == report.compared - report.agreed else { return nil }
        let flipped = [DivergenceKind.newlyLimited, .newlyAllowed].map { report.kinds[$0.rawValue] ?? 0 }
        return report.compared - flipped.reduce(0, +)
    }

    private var verdicts: [String] {
        var table = TextTable([.left, .right, .right, .right])
        table.add("", "allowed", "limited", "")
        for (name, side) in [("control", report.control), ("candidate", report.candidate)] {
            table.add(
                name, Figures.count(side.allowed), Figures.count(side.limited),
                Figures.share(side.limited, of: side.allowed + side.limited))
        }
        return [style.bold("Verdicts of the two sides")] + table.lines()
    }

    private var kinds: [String] {
        guard report.diverged > 0 else { return [] }
        var table = TextTable([.left, .right, .right, .left])
        for (kind, count) in ranked(report.kinds) {
            addRow(kind, count, to: &table)
            for (cause, count) in ranked(report.causesByKind[kind] ?? [:]) { addRow("  " + cause, count, to: &table) }
        }
        return [style.bold("Divergences by kind and cause")] + table.lines()
    }

    private func addRow(_ name: String, _ count: Int, to table: inout TextTable) {
        table.add(
            name.escapedForTerminal, Figures.count(count), Figures.share(count, of: report.diverged),
            Figures.bar(count, of: report.diverged, width: min(30, style.width - 50)))
    }

    private var affected: [String] {
        guard !report.mostAffected.isEmpty else { return [] }
        var table = TextTable([.left, .left, .right, .left, .left])
        table.add("organization", "identifier", "count", "kinds", "from and to (UTC)")
        for identity in report.mostAffected {
            table.add(
                identity.organization.escapedForTerminal.shortened(to: 20),
                identity.identifier.escapedForTerminal.shortened(to: 40), Figures.count(total(identity.kinds)),
                reasons(identity.kinds), period(identity.first, identity.last))
        }
        return [style.bold("Most affected, by divergences stored one by one")] + table.lines()
    }

    private var foundation: [String] {
        let instances = report.instances.map(\.escapedForTerminal).joined(separator: ", ")
        return [
            style.bold("What this stands on"),
            "  whole minutes from \(minutes) UTC; instances: \(instances.isEmpty ? "none named" : instances)",
            "  of \(Figures.count(report.diverged)) divergences \(Figures.count(report.storedOneByOne)) are stored one by one, "
                + "\(Figures.count(report.onlyCounted)) only counted",
        ]
    }

    private var minutes: String {
        guard let from = report.from, let to = report.to else { return "-" }
        return "\(Figures.time(from).dropLast(3)) to \(Figures.time(to).dropLast(3))"
    }

    private func period(_ from: Timestamp?, _ to: Timestamp?) -> String {
        guard let from, let to else { return "-" }
        let (first, last) = (Figures.time(from), Figures.time(to))
        // The same day is not said twice.
        return first.prefix(11) == last.prefix(11) ? "\(first) to \(last.dropFirst(11))" : "\(first) to \(last)"
    }

    private func total(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }

    private func reasons(_ counts: [String: Int]) -> String {
        ranked(counts).map { "\($0.name.escapedForTerminal) \(Figures.count($0.count))" }.joined(separator: ", ")
    }

    /// The largest first; equals by name, so that the order is always the same.
    private func ranked(_ counts: [String: Int]) -> [(name: String, count: Int)] {
        counts.filter { $0.value > 0 }.map { (name: $0.key, count: $0.value) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.name < $1.name }
    }
}
