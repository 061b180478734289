import CommandSupport
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
            decision, summary, checks, events, volume, reported, limited, letThrough, causes, kinds, settlements,
            changes,
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

/// Whether to go on, and every line that this was reached from.
extension ReportText {
    /// The decision and its checks, as a promotion prints them.
    var verdict: [String] { decision.isEmpty ? [] : decision + [""] + checks }

    var decision: [String] {
        guard let gate = report.gate else { return [] }
        return [headline(gate)] + gate.reasons.map { "  - " + $0.escapedForTerminal }
    }

    var checks: [String] {
        guard let gate = report.gate else { return [] }
        var table = TextTable([.left, .left, .left, .left])
        for check in gate.checks {
            table.add(mark(check), check.name.rawValue, check.figure.escapedForTerminal, check.bound)
        }
        return table.lines()
    }

    private func headline(_ gate: Gate) -> String {
        switch gate.verdict {
        case .go: style.bold(style.green("GO")) + ": every check passes"
        case .wait: style.bold(style.yellow("WAIT")) + ": no blocking check, but not enough data yet"
        case .noGo: style.bold(style.red("NO-GO")) + ": fix or settle the following first"
        }
    }

    /// Plain words: a column of colours would not line up, and says nothing without colour.
    private func mark(_ check: GateCheck) -> String {
        switch check.outcome {
        case .pass: "pass"
        case .fail: "FAIL"
        case .notYet: "not yet"
        case .cannotTell: "cannot tell"
        }
    }
}

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

/// What else happened in the period: phases and shares, rollbacks, drills and alerts.
extension ReportText {
    var events: [String] {
        guard !report.events.isEmpty else { return [] }
        var table = TextTable([.left, .left, .left])
        for event in report.events.suffix(Self.maximumEvents) {
            table.add(event.time.text, event.kind.rawValue, event.text.escapedForTerminal)
        }
        let omitted = report.events.count - Self.maximumEvents
        return [style.bold("What happened in this period (UTC)")]
            + (omitted > 0 ? ["  \(NumberFormat.count(omitted)) earlier ones are in the HTML and JSON forms"] : [])
            + table.lines()
    }

    private static let maximumEvents = 20
}

/// How much gets through: what agreement, request by request, does not tell.
extension ReportText {
    var volume: [String] {
        let volume = report.volume
        guard volume.controlUnits + volume.candidateUnits > 0 else { return [] }
        var lines = [style.bold("How much gets through"), "  " + VolumeSentences(volume).through]
        if let phase = VolumeSentences(volume).phase { lines.append("  " + phase) }
        guard !volume.windows.isEmpty else { return lines + noise }
        var table = TextTable([.left, .right, .right, .right, .right])
        table.add("window", "spans", "differing", "units less", "units more")
        for window in volume.windows {
            table.add(
                window.name.escapedForTerminal, NumberFormat.count(window.spans), NumberFormat.count(window.differing),
                NumberFormat.count(window.lessUnits), NumberFormat.count(window.moreUnits))
        }
        lines += ["  " + VolumeSentences.span] + table.lines()
        if let sentence = VolumeSentences(volume).noneMore(newlyAllowed: report.newlyAllowed.requests) {
            lines.append("  " + sentence)
        }
        return lines + noise
    }

    /// How well the model follows what applications report of their own limiters.
    var reported: [String] {
        guard let reported = report.reported else { return [] }
        return [style.bold("Reported verdicts")] + reported.sentences.map { "  " + $0 }
    }

    private var noise: [String] {
        guard let noise = report.noise else { return [] }
        return ["  " + VolumeSentences.noise(noise)]
    }
}

/// The same sentences for the terminal and the page.
struct VolumeSentences {
    private let volume: ReportVolume

    init(_ volume: ReportVolume) {
        self.volume = volume
    }

    var through: String {
        let (control, candidate) = (volume.controlUnits, volume.candidateUnits)
        let difference = candidate - control
        let change =
            difference == 0
            ? "as many"
            : "\(NumberFormat.count(abs(difference))) \(difference < 0 ? "less" : "more")"
                + " (\(NumberFormat.share(abs(difference), of: max(control, 1))))"
        return
            "control let \(NumberFormat.count(control)) units through, the candidate would \(NumberFormat.count(candidate)): \(change)"
    }

    /// What the differing verdicts mean for how much gets through; `nil` if there are none.
    var phase: String? {
        let all = volume.requestsInEqualVolumes + volume.requestsInDifferingVolumes
        guard all > 0 else { return nil }
        return
            "of \(NumberFormat.count(all)) verdicts that differ, \(NumberFormat.count(volume.requestsInEqualVolumes)) "
            + "(\(NumberFormat.share(volume.requestsInEqualVolumes, of: all))) change which requests get through and not how "
            + "many: within \(Int(ReportVolume.equalShare * 100)) % of each limit"
    }

    /// What a span is.
    static let span =
        "A span is one caller over a window's duration (a minute at least) in which a verdict differed; it differs if the units "
        + "let through are more than \(Int(ReportVolume.equalShare * 100)) % of the limit apart."

    /// Why there are no more units although requests are newly let through; `nil` if there are, or no such requests.
    func noneMore(newlyAllowed: Int) -> String? {
        guard newlyAllowed > 0, volume.windows.allSatisfy({ $0.moreUnits == 0 }) else { return nil }
        return
            "no units more, although \(NumberFormat.counted(newlyAllowed, "request")) would newly be let through: within "
            + "each span the candidate refuses as many others of the same caller, or more"
    }

    static func noise(_ noise: NoiseFloor) -> String {
        "noise floor: two equal limiters in memory disagreed in \(NumberFormat.count(noise.diverged)) of "
            + "\(NumberFormat.count(noise.compared)) requests (\(NumberFormat.share(noise.diverged, of: noise.compared)))"
    }
}
