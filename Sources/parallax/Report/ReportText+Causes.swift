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

/// Who would get another verdict from the candidate than from control.
extension ReportText {
    var limited: [String] { section("Who would newly be limited", report.newlyLimited) }

    var letThrough: [String] { section("Who would newly be let through", report.newlyAllowed) }

    private func section(_ title: String, _ parties: AffectedParties) -> [String] {
        guard parties.requests > 0 else { return [style.bold(title) + ": none"] }
        return ["\(style.bold(title)): \(AffectedSentences.summary(parties))"] + organizations(parties)
            + identities(parties)
    }

    private func organizations(_ parties: AffectedParties) -> [String] {
        var table = TextTable([.left, .right, .right, .left])
        table.add("organization", "requests", "of compared", "first and last minute (UTC)")
        for party in parties.organizations {
            table.add(
                party.organization.map { $0.escapedForTerminal.shortened(to: 40) } ?? "(further ones together)",
                NumberFormat.count(party.requests), NumberFormat.share(party.requests, of: report.compared),
                Timestamp.period(party.first, party.last, toTheMinute: true))
        }
        return table.lines()
    }

    private func identities(_ parties: AffectedParties) -> [String] {
        guard !parties.identities.isEmpty else { return [] }
        var table = TextTable([.left, .left, .right, .left])
        let isExact = AffectedSentences.isExact(parties)
        table.add(
            "organization", "caller", isExact ? "requests" : "stored",
            isExact ? "first and last minute (UTC)" : "first and last (UTC)")
        for party in parties.identities {
            table.add(
                party.organization.escapedForTerminal.shortened(to: 20),
                party.identifier.escapedForTerminal.shortened(to: 40),
                NumberFormat.count(party.requests ?? party.stored),
                Timestamp.period(party.first, party.last, toTheMinute: isExact))
        }
        return [""] + table.lines()
    }
}

/// The same sentences for the terminal and the page.
enum AffectedSentences {
    /// Whether callers are ranked by all of their requests, and not by those stored one by one.
    static func isExact(_ parties: AffectedParties) -> Bool { parties.identities.allSatisfy { $0.requests != nil } }

    static func summary(_ parties: AffectedParties) -> String {
        let requests = NumberFormat.counted(parties.requests, "request")
        let organizations = NumberFormat.counted(parties.organizationCount, "organization")
        guard let count = parties.identityCount else { return "\(requests) of \(organizations)" }
        let callers = NumberFormat.counted(count, "caller")
        return "\(requests) of \(callers) of \(organizations)"
            + (isExact(parties) ? "" : ", counted among the requests stored one by one")
    }
}

extension DivergenceCause {
    /// What a cause means for the decision, in one sentence.
    var meaning: String {
        switch self {
        case .boundary: "The request came within milliseconds of a window's edge: expected, and harmless."
        case .lostWrites: "Redis lost what it had accepted: a failover, a flush or eviction."
        case .otherInstances: "Control cannot see what other instances let through: what the migration is for."
        case .carriedOver: "Follows from an earlier divergence in the same window."
        case .restart: "The instance was restarted and had forgotten what it let through."
        case .eviction: "Control dropped the identity to bound its memory."
        case .clockSkew: "The clocks of Redis and the instance differ, or one of them stepped."
        case .algorithm: "Control counts in another way: decide whether callers may notice."
        case .policy: "The two sides were held to different limits for a moment, during a change."
        case .unexplained: "None of the known causes: look at these first."
        }
    }
}

extension DivergenceKind {
    /// What a kind means for the caller, in one sentence.
    var meaning: String {
        switch self {
        case .newlyLimited: "Control allowed, the candidate limits."
        case .newlyAllowed: "Control limits, the candidate allowed."
        case .differentWindow: "Both limit, by different windows."
        case .quotaDrift: "Both allowed, and told callers different remainders."
        }
    }
}
