import CommandSupport
import DivergenceStore
import ParallaxCore

/// Why the two sides differ, when, and with what evidence.
extension ReportPage {
    var causes: HTML {
        .element(
            "section", ["aria-labelledby": "causes"],
            [.heading("Why", id: "causes")]
                + (report.diverged > 0
                    ? [timeline, causesChart, kinds, settlements, changes] + examples
                    : [.paragraph("The two sides never differed.")]))
    }

    private var timeline: HTML {
        let chart = TimelineChart(report: report)
        return .group([
            .subheading("Over time, in steps of \(chart.step)"), chart.html,
            .element(
                "p", ["class": "key", "aria-hidden": "true"],
                [("bar-compared", "compared"), ("bar-incomparable", "unanswered"), ("bar-diverged", "another verdict")]
                    .flatMap { [Self.swatch($0.0), .text($0.1)] }),
        ])
    }

    private static func swatch(_ name: String) -> HTML {
        .element(
            "svg", ["viewBox": "0 0 12 12", "aria-hidden": "true"],
            [SVG.rectangle(name, x: 0, y: 0, width: 12, height: 12)])
    }

    private var causesChart: HTML {
        let causes = Ranking.causes(report)
        var table = HTMLTable(
            "Causes of all divergences; those that leave the verdict as it is are others",
            [
                .text("cause"), .number("change verdicts"), .number("others"), .text("from and to (UTC)"),
                .text("busiest minute"), .text("meaning"),
            ])
        for cause in causes {
            let times = report.causeTimes[cause.name]
            table.add(
                cause.name, NumberFormat.count(cause.changing), NumberFormat.count(cause.other),
                times.map { Timestamp.period($0.from, $0.to, toTheMinute: true) } ?? "-",
                times.map { "\($0.busiest.textToTheMinute), \(NumberFormat.count($0.busiestRequests))" } ?? "-",
                DivergenceCause(rawValue: cause.name)?.meaning ?? "",
                class: cause.name == DivergenceCause.unexplained.rawValue ? "unexplained" : nil)
        }
        let rows = causes.filter { $0.changing > 0 }.map { ($0.name, ShareEstimate($0.changing, of: report.compared)) }
        return .group([
            .subheading("Causes of changed verdicts, as shares of the compared requests"),
            rows.isEmpty
                ? .paragraph("No verdict changes.") : SharesChart(id: "causes-chart", title: "Causes", rows: rows).html,
            table.html,
        ])
    }

    private var kinds: HTML {
        var table = HTMLTable(
            "Kinds, those first that change verdicts, each with its causes; unexplained first",
            [
                .text("kind and cause"), .number("requests"), .number("of compared"), .number("95 % interval"),
            ])
        func add(_ name: String, _ count: Int, _ style: String) {
            let estimate = ShareEstimate(count, of: report.compared)
            table.add(
                name, NumberFormat.count(count), NumberFormat.share(estimate.share), NumberFormat.interval(estimate),
                class: style)
        }
        for (kind, count) in Ranking.kinds(report.kinds) {
            add(kind, count, "kind")
            for (cause, count) in Ranking.unexplainedFirst(report.causesByKind[kind] ?? [:]) {
                add(cause, count, cause == DivergenceCause.unexplained.rawValue ? "inner unexplained" : "inner")
            }
        }
        return .group([.subheading("Kinds and causes"), table.html])
    }

    private var settlements: HTML {
        var table = HTMLTable(
            "What reviewers said of groups; an expired settlement no longer counts, since the group's share has doubled",
            [
                .text("group"), .text("state"), .text("settled as"), .text("by"), .text("note"), .text("when (UTC)"),
                .number("share then"), .number("now"),
            ])
        for status in report.settlements where status.state != .superseded {
            let settlement = status.settlement
            table.add(
                settlement.group.description, status.state.rawValue, settlement.judgement.rawValue, settlement.by,
                settlement.note, settlement.time.text, SettlementsText.share(settlement.share),
                SettlementsText.share(status.share))
        }
        return table.isEmpty ? .empty : .group([.subheading("Settled by reviewers"), table.html])
    }

    private var changes: HTML {
        guard let previous = report.previous else { return .empty }
        let before = "\(Timestamp.period(previous.since, previous.until, toTheMinute: true)) UTC"
        guard previous.compared > 0 else {
            return .group([
                .subheading("What changed"), .paragraph("Nothing was compared in the period before (\(before))."),
            ])
        }
        var table = HTMLTable(
            "Shares of the compared requests, against \(before) with \(NumberFormat.count(previous.compared)) compared",
            [
                .text("kind or cause"), .number("before"), .number("share"), .number("now"), .number("share"),
                .text(""),
            ])
        for change in report.changes {
            table.add(
                change.name, NumberFormat.count(change.before.count), NumberFormat.share(change.before.share),
                NumberFormat.count(change.after.count), NumberFormat.share(change.after.share), ReportText.mark(change))
        }
        return .group([
            .subheading("What changed against the period before"), table.html,
            .paragraph(
                "Marked changes are more than chance: the two 95 % intervals do not overlap.", class: "muted"),
        ])
    }
}

/// Who would get another verdict.
extension ReportPage {
    var affected: HTML {
        .element(
            "section", ["aria-labelledby": "affected"],
            [.heading("Who is hit", id: "affected")] + section("Newly limited", report.newlyLimited)
                + section("Newly let through", report.newlyAllowed))
    }

    private func section(_ title: String, _ parties: AffectedParties) -> [HTML] {
        guard parties.requests > 0 else { return [.subheading(title), .paragraph("None.")] }
        return [
            .subheading(title), .paragraph(AffectedSentences.summary(parties) + "."), organizations(parties).html,
            identities(parties).html,
        ]
    }

    private func organizations(_ parties: AffectedParties) -> HTMLTable {
        var table = HTMLTable(
            "By organization, most first",
            [
                .text("organization"), .number("requests"), .number("of compared"),
                .text("first and last minute (UTC)"),
            ])
        for party in parties.organizations {
            table.add(
                party.organization ?? "(further organizations together)", NumberFormat.count(party.requests),
                NumberFormat.share(party.requests, of: report.compared),
                Timestamp.period(party.first, party.last, toTheMinute: true))
        }
        return table
    }

    private func identities(_ parties: AffectedParties) -> HTMLTable {
        let isExact = AffectedSentences.isExact(parties)
        var table = HTMLTable(
            isExact ? "By caller, most first" : "By caller, most first, of divergences stored one by one",
            [
                .text("caller"), .text("organization"), .number(isExact ? "requests" : "stored"),
                .text(isExact ? "first and last minute (UTC)" : "first and last (UTC)"),
            ])
        for party in parties.identities {
            table.add(
                party.identifier, party.organization, NumberFormat.count(party.requests ?? party.stored),
                Timestamp.period(party.first, party.last, toTheMinute: isExact))
        }
        return table
    }
}
