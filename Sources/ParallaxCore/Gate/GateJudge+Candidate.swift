/// How the candidate did: whether it answered, how fast, and how well its divergences are understood.
extension GateJudge {
    /// What the candidate leaves unanswered is refused, or let through unlimited, once it is the only one.
    var answered: GateCheck {
        let all = inputs.compared + unanswered
        let isWithin = Self.percent(unanswered, of: all, isAtMost: settings.unansweredPercent)
        let share = ShareEstimate(unanswered, of: all).share
        let reasons = inputs.incomparable.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
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
        let limit = inputs.triggers.compactMap(\.limitMilliseconds).min()
        let figure = inputs.candidateMilliseconds.map { "p95 \(Self.time($0))" } ?? "not measured"
        let bound = limit.map { "at most \(Self.time($0))" } ?? "the limit of response_time"
        var isWithin = false
        if let measured = inputs.candidateMilliseconds, let limit { isWithin = measured <= limit }
        return make(
            .latency, isWithin, figure, bound,
            "The candidate takes longer (\(figure)) than callers may wait before response_time rolls back "
                + "(\(bound)): move Redis closer, or raise ROLLBACK_RESPONSE_TIME_FLOOR_MS.",
            canTell: inputs.candidateMilliseconds != nil && limit != nil,
            unknown: unknownLatency)
    }

    private var unknownLatency: String {
        if inputs.compared == 0 { return Self.nothing }
        return inputs.candidateMilliseconds == nil
            ? "How long the candidate takes was not measured in this period: compare with this version."
            : "How long callers may wait for the candidate is not known, since response_time is not armed."
    }

    var unexplained: GateCheck {
        let estimate = ShareEstimate(inputs.unexplained, of: inputs.compared)
        // Not by the share, whose rounding could turn a figure on the bound.
        let isBelow = Double(inputs.unexplained) * 100 < settings.unexplainedPercent * Double(inputs.compared)
        let bound = NumberFormat.share(percent: settings.unexplainedPercent)
        let upper = NumberFormat.share(estimate.upper)
        let isSure = estimate.upper * 100 < settings.unexplainedPercent
        return make(
            .unexplained, isBelow,
            "\(NumberFormat.count(inputs.unexplained)), \(NumberFormat.share(estimate.share)) "
                + "(95 % interval up to \(upper))" + settled(inputs.settledUnexplained),
            "below \(bound), its interval too",
            "\(NumberFormat.counted(inputs.unexplained, "divergence")) without a known cause: look at them "
                + "(parallax divergences list --cause unexplained), then settle or fix them.",
            canTell: inputs.compared > 0 && (isSure || !isBelow),
            unknown: inputs.compared > 0 ? unsure(upper: upper, bound: bound) : Self.nothing)
    }

    private func unsure(upper: String, bound: String) -> String {
        let needed = ShareEstimate.trials(
            forUpperBelow: settings.unexplainedPercent / 100, successes: inputs.unexplained)
        let more = needed.map { max(1, $0 - inputs.compared) }
        return "Unexplained divergences may be up to \(upper) of the requests, which is not below \(bound): "
            + (more.map {
                "\(NumberFormat.counted($0, "more request", plural: "more requests")) without one are needed"
            }
                ?? "more requests without one are needed")
            + (inputs.unexplained > 0 ? ", or settle those." : ".")
    }

    var lostWrites: GateCheck {
        make(
            .lostWrites, inputs.lostWrites == 0,
            NumberFormat.count(inputs.lostWrites) + settled(inputs.settledLostWrites), "none",
            "Redis lost writes that it had accepted, seen in \(NumberFormat.counted(inputs.lostWrites, "divergence")): "
                + "look at its persistence, failovers and maxmemory-policy.",
            canTell: inputs.compared > 0, unknown: Self.nothing)
    }

    var bugs: GateCheck {
        make(
            .bugs, inputs.bugs == 0, NumberFormat.count(inputs.bugs), "none",
            "\(NumberFormat.counted(inputs.bugs, "divergence")) of what a reviewer settled as a bug "
                + "(\(inputs.bugGroups.joined(separator: ", "))): fix it, then report on a period after that.")
    }

    private func settled(_ count: Int) -> String {
        count > 0 ? ", and \(NumberFormat.count(count)) settled" : ""
    }
}
