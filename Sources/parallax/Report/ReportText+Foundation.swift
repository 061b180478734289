import CommandSupport
import DivergenceStore
import ParallaxCore

/// What the figures stand on, and what would have been refused in outages.
extension ReportText {
    var foundation: [String] {
        var table = TextTable([.left, .right, .right, .left])
        table.add("compared", NumberFormat.count(report.compared))
        if let same = report.sameVerdict {
            table.add("same verdict", NumberFormat.count(same), NumberFormat.share(same, of: report.compared))
        }
        table.add(
            "agreed", NumberFormat.count(report.agreed), NumberFormat.share(report.agreed, of: report.compared),
            "same verdict, window and remainder")
        table.add(
            "diverged", NumberFormat.count(report.diverged), NumberFormat.share(report.diverged, of: report.compared),
            Ranking.kinds(report.kinds).map { "\($0.name) \(NumberFormat.count($0.count))" }.joined(separator: ", "))
        table.add(
            "incomparable", NumberFormat.count(Ranking.sum(report.incomparable)), "", reasons(report.incomparable))
        if report.heldOut > 0 {
            table.add("held out", NumberFormat.count(report.heldOut), "", "only control was asked")
        }
        table.add("not recorded", NumberFormat.count(Ranking.sum(report.dropped)), "", reasons(report.dropped))
        let sampling =
            "  of \(NumberFormat.count(report.diverged)) divergences \(NumberFormat.count(report.storedOneByOne)) are stored one by one, "
            + "\(NumberFormat.count(report.onlyCounted)) only counted"
        return [style.bold("What the figures stand on")] + table.lines() + [sampling]
    }

    var sides: [String] {
        var table = TextTable([.left, .right, .right, .right])
        table.add("", "allowed", "limited", "")
        for (name, side) in [("control", report.control), ("candidate", report.candidate)] {
            table.add(
                name, NumberFormat.count(side.allowed), NumberFormat.count(side.limited),
                NumberFormat.share(side.limited, of: side.allowed + side.limited))
        }
        return [style.bold("Verdicts of the two sides")] + table.lines()
    }

    var durations: [String] {
        guard let durations = report.durations else { return [] }
        var table = TextTable([.left, .right, .right, .right])
        table.add("", "median", "p95", "p99")
        for (name, side) in [("control", durations.control), ("candidate", durations.candidate)] {
            table.add(
                name, NumberFormat.time(microseconds: side.medianMicroseconds),
                NumberFormat.time(microseconds: side.p95Microseconds),
                NumberFormat.time(microseconds: side.p99Microseconds))
        }
        return [
            style.bold("How long both sides took")
                + ": \(NumberFormat.counted(durations.requests, "request")) that both judged, of all organizations"
        ] + table.lines()
    }

    var coverage: [String] {
        guard let from = report.from, let to = report.to else { return [] }
        let coverage = report.coverage
        var lines = [
            style.bold("When, and by which instances"),
            "  whole minutes from \(Timestamp.period(from, to, toTheMinute: true)) UTC: "
                + "\(NumberFormat.count(coverage.recordedMinutes)) of \(NumberFormat.count(coverage.minutes)) hold records",
        ]
        if coverage.idleMinutes + coverage.gapMinutes > 0 {
            lines.append(
                "  without any: \(NumberFormat.count(coverage.gapMinutes)) min with no instance up, "
                    + "\(NumberFormat.count(coverage.idleMinutes)) min idle; the longest:")
            lines += coverage.gaps.sorted { $0.to - $0.from > $1.to - $1.from }.prefix(3).map {
                "    \(Timestamp.period($0.from, $0.to, toTheMinute: true))"
            }
        }
        return lines + instances
    }

    private var instances: [String] {
        guard !report.coverage.instances.isEmpty else { return ["  no instance is named"] }
        var table = TextTable([.left, .right, .left, .left])
        table.add("instance", "starts", "from and to (UTC)", "")
        for instance in report.coverage.instances {
            let down = Int(instance.downMilliseconds / 1000)
            table.add(
                instance.name.escapedForTerminal.shortened(to: 40), NumberFormat.count(instance.starts),
                Timestamp.period(instance.from, instance.to),
                down > 0 ? "down for \(NumberFormat.span(seconds: down))" : "")
        }
        return table.lines()
    }

    var outages: [String] {
        let title = style.bold("Outages")
        let incomparable = Ranking.sum(report.incomparable)
        guard incomparable > 0 else { return [title + ": the candidate judged every request"] }
        let refused = report.controlWhereIncomparable.allowed
        let asked = report.compared + incomparable
        return [
            "\(title): the candidate had no verdict on \(NumberFormat.count(incomparable)) requests. Failing closed, it would have",
            "  refused \(NumberFormat.count(refused)) that control allowed, \(NumberFormat.share(refused, of: asked)) of all.",
        ]
    }

    private func reasons(_ counts: [String: Int]) -> String {
        Ranking.byCount(counts).map { "\($0.name.escapedForTerminal) \(NumberFormat.count($0.count))" }
            .joined(separator: ", ")
    }
}

extension DivergenceReport {
    /// Requests whose caller would have got the same verdict from both sides; `nil` if the report was narrowed to a
    /// kind or a cause, and so cannot tell.
    var sameVerdict: Int? {
        guard Ranking.sum(kinds) == compared - agreed else { return nil }
        let flipped = [DivergenceKind.newlyLimited, .newlyAllowed].map { kinds[$0.rawValue] ?? 0 }
        return compared - flipped.reduce(0, +)
    }
}
