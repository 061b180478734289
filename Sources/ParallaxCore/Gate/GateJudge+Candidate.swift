/// How the candidate did: whether it answered, how fast, and how well its divergences are understood.
extension GateJudge {
    /// What the candidate leaves unanswered is refused, or let through unlimited, once it is the only one.
    var answered: GateCheck {
        let all = figures.compared + unanswered
        let isWithin = Self.percent(unanswered, of: all, isAtMost: settings.unansweredPercent)
        let share = ShareEstimate(unanswered, of: all).share
        let reasons = figures.incomparable.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .filter { $0.value > 0 }.map { "\($0.key) \(NumberFormat.count($0.value))" }
        return make(
            .answered, isWithin, "\(NumberFormat.count(unanswered)) unanswered, \(NumberFormat.share(share))",
            "at most \(NumberFormat.share(percent: settings.unansweredPercent))",
            "The candidate did not answer \(NumberFormat.counted(unanswered, "request")), "
                + "\(NumberFormat.share(share)) of all (\(Self.listed(reasons))): remove the cause, "
                + "then report on a period after that.",
            canTell: all > 0, unknown: Self.nothing)
    }

    /// What callers will wait for it, next to the time at which the watchdog rolls back.
    var latency: GateCheck {
        let limit = figures.triggers.compactMap(\.limitMilliseconds).min()
        let figure =
            figures.candidateMilliseconds.map { "p95 \(NumberFormat.time(milliseconds: $0))" } ?? "not measured"
        let bound = limit.map { "at most \(NumberFormat.time(milliseconds: $0))" } ?? "the limit of response_time"
        var isWithin = false
        if let measured = figures.candidateMilliseconds, let limit { isWithin = measured <= limit }
        return make(
            .latency, isWithin, figure, bound,
            "The candidate takes longer (\(figure)) than callers may wait before response_time rolls back "
                + "(\(bound)): bring Redis nearer, or raise ROLLBACK_RESPONSE_TIME_FLOOR_MS.",
            canTell: figures.candidateMilliseconds != nil && limit != nil,
            unknown: unknownLatency)
    }

    private var unknownLatency: String {
        if figures.compared == 0 { return Self.nothing }
        return figures.candidateMilliseconds == nil
            ? "How long the candidate takes was not measured in this period: compare with this version."
            : "How long callers may wait for the candidate is not known, since response_time is not armed."
    }

    var unexplained: GateCheck {
        let estimate = ShareEstimate(figures.unexplained, of: figures.compared)
        // Not by the share, whose rounding could turn a figure on the bound.
        let isBelow = Double(figures.unexplained) * 100 < settings.unexplainedPercent * Double(figures.compared)
        let bound = NumberFormat.share(percent: settings.unexplainedPercent)
        let upper = NumberFormat.share(estimate.upper)
        let isSure = estimate.upper * 100 < settings.unexplainedPercent
        return make(
            .unexplained, isBelow,
            "\(NumberFormat.count(figures.unexplained)), \(NumberFormat.share(estimate.share)) "
                + "(95 % interval up to \(upper))" + settled(figures.settledUnexplained),
            "below \(bound), its interval too",
            "\(NumberFormat.counted(figures.unexplained, "divergence")) without a known cause: look at them "
                + "(parallax divergences list --cause unexplained), then settle or fix them.",
            canTell: figures.compared > 0 && (isSure || !isBelow),
            unknown: figures.compared > 0 ? unsure(upper: upper, bound: bound) : Self.nothing)
    }

    private func unsure(upper: String, bound: String) -> String {
        let needed = ShareEstimate.trials(
            forUpperBelow: settings.unexplainedPercent / 100, successes: figures.unexplained)
        let more = needed.map { max(1, $0 - figures.compared) }
        return "Unexplained divergences may be up to \(upper) of the requests, which is not below \(bound): "
            + (more.map {
                "\(NumberFormat.counted($0, "more request", plural: "more requests")) without one are needed"
            }
                ?? "more requests without one are needed")
            + (figures.unexplained > 0 ? ", or settle those." : ".")
    }

    var lostWrites: GateCheck {
        make(
            .lostWrites, figures.lostWrites == 0,
            NumberFormat.count(figures.lostWrites) + settled(figures.settledLostWrites), "none",
            "Redis lost writes that it had accepted, seen in \(NumberFormat.counted(figures.lostWrites, "divergence")): "
                + "look at its persistence, failovers and maxmemory-policy.",
            canTell: figures.compared > 0, unknown: Self.nothing)
    }

    var bugs: GateCheck {
        make(
            .bugs, figures.bugs == 0, NumberFormat.count(figures.bugs), "none",
            "\(NumberFormat.counted(figures.bugs, "divergence")) of what a reviewer settled as a bug "
                + "(\(figures.bugGroups.joined(separator: ", "))): fix it, then report on a period after that.")
    }

    private func settled(_ count: Int) -> String {
        count > 0 ? ", and \(NumberFormat.count(count)) settled" : ""
    }
}
