import DivergenceStore
import ParallaxCore

/// Whether to go on.
extension ReportPage {
    var verdict: HTML {
        .element(
            "section", ["aria-labelledby": "verdict"], [.heading("Verdict", id: "verdict")] + banner + figures + checks)
    }

    private var banner: [HTML] {
        guard let gate = report.gate else { return [] }
        let (name, word, sentence) =
            switch gate.verdict {
            case .go: ("go", "Go", "Every check passes.")
            case .wait: ("wait", "Wait", "Nothing speaks against going on, but too little for it.")
            case .noGo: ("stop", "No-go", "This has to be mended or settled first.")
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
        let figures = [
            ("compared", Figures.count(report.compared), ""),
            ("diverged", Figures.share(report.diverged, of: report.compared), Figures.count(report.diverged)),
            (
                "newly limited", Figures.share(report.newlyLimited.requests, of: report.compared),
                Figures.count(report.newlyLimited.requests)
            ),
            (
                "newly let through", Figures.share(report.newlyAllowed.requests, of: report.compared),
                Figures.count(report.newlyAllowed.requests)
            ),
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
                })
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
                case .cannotTell: ("unknown", "cannot tell")
                }
            table.add(check.name.rawValue, word, check.figure, check.bound, class: name)
        }
        return [table.html]
    }
}
