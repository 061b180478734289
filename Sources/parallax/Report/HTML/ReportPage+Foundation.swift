import CommandSupport
import DivergenceStore
import ParallaxCore

/// What the figures stand on, how long both sides took, and outages.
extension ReportPage {
    var foundation: HTML {
        .element(
            "section", ["aria-labelledby": "foundation"],
            [.heading("What the figures stand on", id: "foundation"), requests, sides, coverage, instances, latency])
    }

    private var requests: HTML {
        var table = HTMLTable(
            report.heldOut > 0 ? "Every request in hybrid" : "Every request that both sides were asked about",
            [
                .text("requests"), .number("count"), .number("share"), .text("reasons"),
            ])
        let asked =
            report.compared + Ranking.sum(report.incomparable) + report.heldOut + Ranking.sum(report.dropped)
        func add(_ name: String, _ count: Int, _ whole: Int, _ reasons: [String: Int] = [:]) {
            table.add(name, NumberFormat.count(count), NumberFormat.share(count, of: whole), Self.reasons(reasons))
        }
        add("compared", report.compared, asked)
        add("incomparable", Ranking.sum(report.incomparable), asked, report.incomparable)
        if report.heldOut > 0 {
            add("held out: only control was asked", report.heldOut, asked)
        }
        add("not recorded", Ranking.sum(report.dropped), asked, report.dropped)
        if let same = report.sameVerdict { add("same verdict for the caller", same, report.compared) }
        add("agreed: same verdict, window and remainder", report.agreed, report.compared)
        add("diverged", report.diverged, report.compared, report.kinds)
        return .group([
            table.html,
            .paragraph(
                "Of \(NumberFormat.counted(report.diverged, "divergence")) \(NumberFormat.count(report.storedOneByOne)) are stored "
                    + "one by one, \(NumberFormat.count(report.onlyCounted)) only counted."),
        ])
    }

    private var sides: HTML {
        var table = HTMLTable(
            "Verdicts of the two sides",
            [.text("side"), .number("allowed"), .number("limited"), .number("share limited")])
        for (name, side) in [("control", report.control), ("candidate", report.candidate)] {
            table.add(
                name, NumberFormat.count(side.allowed), NumberFormat.count(side.limited),
                NumberFormat.share(side.limited, of: side.allowed + side.limited))
        }
        return table.html
    }

    private var coverage: HTML {
        let coverage = report.coverage
        var table = HTMLTable("The longest times without any record", [.text("from and to (UTC)"), .number("minutes")])
        for gap in coverage.gaps {
            table.add(
                Timestamp.period(gap.from, gap.to, toTheMinute: true),
                NumberFormat.count(Int((gap.to - gap.from) / 60_000)))
        }
        return .group([
            .subheading("When"),
            .paragraph(
                "\(NumberFormat.count(coverage.recordedMinutes)) of \(NumberFormat.count(coverage.minutes)) minutes hold records. In "
                    + "\(NumberFormat.count(coverage.gapMinutes)) no instance was up, and "
                    + "\(NumberFormat.count(coverage.idleMinutes)) were idle."), table.html,
        ])
    }

    private var instances: HTML {
        var table = HTMLTable(
            "Instances", [.text("instance"), .number("starts"), .text("from and to (UTC)"), .text("down in between")])
        for instance in report.coverage.instances {
            let down = Int(instance.downMilliseconds / 1000)
            table.add(
                instance.name, NumberFormat.count(instance.starts), Timestamp.period(instance.from, instance.to),
                down > 0 ? NumberFormat.span(seconds: down) : "-")
        }
        return table.html
    }

    private var latency: HTML {
        guard let durations = report.durations else { return .empty }
        var table = HTMLTable(
            "Time from asking a side to its answer",
            [.text("side"), .number("median"), .number("95 %"), .number("99 %")])
        for (name, side) in [("control", durations.control), ("candidate", durations.candidate)] {
            table.add(
                [name]
                    + [side.medianMicroseconds, side.p95Microseconds, side.p99Microseconds].map(
                        NumberFormat.time(microseconds:)))
        }
        return .group([
            .subheading("How long both sides took"),
            .paragraph(
                "Of \(NumberFormat.counted(durations.requests, "request")) that both sides judged, agreed or not, of all "
                    + "organizations. Bars go from the median to the 99th percentile."),
            LatencyChart(durations: durations).html, table.html,
        ])
    }

    var outages: HTML {
        let incomparable = Ranking.sum(report.incomparable)
        let asked = report.compared + incomparable
        let refused = report.controlWhereIncomparable.allowed
        let text =
            incomparable == 0
            ? "The candidate judged every request."
            : "The candidate had no verdict on \(NumberFormat.counted(incomparable, "request")). Failing closed, it would have "
                + "refused \(NumberFormat.count(refused)) that control allowed, \(NumberFormat.share(refused, of: asked)) of all."
        return .element(
            "section", ["aria-labelledby": "outages"], [.heading("Outages", id: "outages"), .paragraph(text)])
    }

    private static func reasons(_ counts: [String: Int]) -> String {
        Ranking.byCount(counts).map { "\($0.name) \(NumberFormat.count($0.count))" }.joined(separator: ", ")
    }
}
