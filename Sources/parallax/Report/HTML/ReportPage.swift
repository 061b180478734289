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
                        .element("main", [:], [verdict, events, volume, affected, causes, foundation, outages]),
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
