import CommandSupport
import Crypto
import DivergenceStore
import Foundation
import ParallaxCore

/// A divergence report as one page that needs nothing else: no script, no other file, no network.
struct ReportPage {
    let report: DivergenceReport
    let details: ReportDetails
    /// When it was made.
    let now: Timestamp

    var text: String {
        HTML.document(
            language: "en",
            [
                .element("head", [:], head),
                .element(
                    "body", [:],
                    [
                        .element("header", [:], header),
                        .element(
                            "main", [:], [verdict, events, volume, reported, affected, causes, foundation, outages]),
                        .element("footer", [:], footer),
                    ]),
            ]
        ).source
    }

    private var head: [HTML] {
        [
            .void("meta", ["charset": "utf-8"]),
            .void("meta", ["http-equiv": "Content-Security-Policy", "content": Self.policy]),
            .void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .void("meta", ["name": "referrer", "content": "no-referrer"]),
            .element("title", [:], [.text("Divergence report, \(period)")]),
            .style(PageStyle.css),
        ]
    }

    /// Nothing may be loaded or run; the one style sheet is known by its hash.
    private static var policy: String {
        let hash = Data(SHA256.hash(data: Data("\(PageStyle.css)".utf8))).base64EncodedString()
        return "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'"
    }

    private var header: [HTML] {
        let links = [
            ("verdict", "Verdict"), ("events", "What happened"), ("volume", "How much"), ("affected", "Who is hit"),
            ("causes", "Why"),
            ("foundation", "What it stands on"),
            ("outages", "Outages"),
        ]
        return [
            .element("h1", [:], [.text("Divergence report")]),
            .paragraph(
                "\(period) · \(NumberFormat.counted(report.instances.count, "instance")) · made \(now.text) UTC",
                class: "muted"),
            .element(
                "nav", ["aria-label": "Sections"],
                links.map { .element("a", ["href": "#\($0.0)"], [.text($0.1)]) }),
        ]
    }

    private var footer: [HTML] {
        [
            .paragraph(
                "Totals and the counts of callers are exact; examples come from divergences stored one by one. Intervals are "
                    + "Wilson's at 95 % and take requests as independent of each other.")
        ]
    }

    private var period: String {
        guard let from = report.from, let to = report.to else { return "nothing recorded" }
        return "\(Timestamp.period(from, to + 60_000, toTheMinute: true)) UTC"
    }
}

/// Whether to go on.
extension ReportPage {
    var verdict: HTML {
        .element(
            "section", ["aria-labelledby": "verdict"],
            [.heading("Verdict", id: "verdict")] + banner + figures + undecided + checks)
    }

    private var banner: [HTML] {
        guard let gate = report.gate else { return [] }
        let (name, word, sentence) =
            switch gate.verdict {
            case .go: ("go", "Go", "Every check passes.")
            case .wait: ("wait", "Wait", "No blocking check, but not enough data yet.")
            case .noGo: ("stop", "No-go", "Fix or settle the following first.")
            }
        return [
            .element(
                "div", ["class": "verdict \(name)"],
                [
                    .element("strong", [:], [.text(word)]), .paragraph(sentence),
                    gate.reasons.isEmpty ? .empty : .list(gate.reasons),
                ])
        ]
    }

    private var figures: [HTML] {
        let summary = report.summary
        let figures = [
            (
                "get another verdict", NumberFormat.share(summary.changed.share),
                "\(NumberFormat.count(summary.changed.count)) of \(NumberFormat.counted(summary.compared, "request"))"
            ),
            figure("newly limited", summary.newlyLimited), figure("newly let through", summary.newlyAllowed),
        ]
        return [
            .element(
                "dl", ["class": "figures"],
                figures.map { name, figure, small in
                    .element(
                        "div", [:],
                        [
                            .element("dt", [:], [.text(name)]),
                            .element("dd", [:], [.text(figure), .element("small", [:], [.text(small)])]),
                        ])
                }), .paragraph(SummarySentences.sides, class: "muted"),
        ]
    }

    private func figure(
        _ name: String, _ direction: DivergenceReport.Summary.Direction
    ) -> (String, String, String) {
        let callers = SummarySentences.callers(direction)
        return (
            name, NumberFormat.share(direction.requests.share),
            NumberFormat.counted(direction.requests.count, "request") + (callers.isEmpty ? "" : ", \(callers)")
        )
    }

    private var undecided: [HTML] {
        let undecided = report.summary.undecided
        guard !undecided.isEmpty else { return [] }
        return [
            .element(
                "div", ["class": "verdict"], [.paragraph(SummarySentences.undecided(report)), .list(undecided)])
        ]
    }

    private var checks: [HTML] {
        guard let gate = report.gate else { return [] }
        var table = HTMLTable(
            "Every check of the gate", [.text("check"), .text("result"), .text("figure"), .text("bound")])
        for check in gate.checks {
            let (name, word) =
                switch check.outcome {
                case .pass: ("pass", "pass")
                case .fail: ("fail", "fail")
                case .notYet: ("unknown", "not yet")
                case .cannotTell: ("unknown", "cannot tell")
                }
            table.add(check.name.rawValue, word, check.figure, check.bound, class: name)
        }
        return [table.html]
    }
}

/// What else happened in the period.
extension ReportPage {
    var events: HTML {
        var table = HTMLTable(
            "Changes of the flags, rollbacks, drills and alerts, the earliest first",
            [.text("when (UTC)"), .text("what"), .text("")])
        for event in report.events { table.add(event.time.text, event.kind.rawValue, event.text) }
        return .element(
            "section", ["aria-labelledby": "events"],
            [
                .heading("What happened in this period", id: "events"),
                table.isEmpty
                    ? .paragraph("No change of the flags, no rollback, no drill and no alert.") : table.html,
            ])
    }
}

/// How much gets through: what agreement, request by request, does not tell.
extension ReportPage {
    var volume: HTML {
        let volume = report.volume
        guard volume.controlUnits + volume.candidateUnits > 0 else { return .empty }
        let sentences = VolumeSentences(volume)
        var content = [HTML.heading("How much gets through", id: "volume"), .paragraph(sentences.through)]
        content += sentences.phase.map { [.paragraph($0)] } ?? []
        if !volume.windows.isEmpty { content += [.paragraph(VolumeSentences.span, class: "muted"), windows] }
        content += sentences.noneMore(newlyAllowed: report.newlyAllowed.requests).map { [.paragraph($0)] } ?? []
        content += report.noise.map { [.paragraph(VolumeSentences.noise($0), class: "muted")] } ?? []
        return .element("section", ["aria-labelledby": "volume"], content)
    }

    /// How well the model follows what applications report of their own limiters.
    var reported: HTML {
        guard let reported = report.reported else { return .empty }
        return .element(
            "section", ["aria-labelledby": "reported"],
            [.heading("Reported verdicts", id: "reported")] + reported.sentences.map { .paragraph($0) })
    }

    private var windows: HTML {
        var table = HTMLTable(
            "Spans, and those in which the units let through differ",
            [
                .text("window"), .number("spans"), .number("differing"), .number("units less"),
                .number("units more"),
            ])
        for window in report.volume.windows {
            table.add(
                window.name, NumberFormat.count(window.spans), NumberFormat.count(window.differing),
                NumberFormat.count(window.lessUnits), NumberFormat.count(window.moreUnits))
        }
        return table.html
    }
}
