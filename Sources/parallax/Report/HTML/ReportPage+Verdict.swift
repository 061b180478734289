import CommandSupport
import DivergenceStore
import ParallaxCore

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
