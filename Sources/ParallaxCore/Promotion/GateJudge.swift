/// Holds each figure to its bound.
struct GateJudge {
    static let nothing = "Nothing was compared in this period."

    let inputs: GateInputs
    let settings: GateSettings
    let now: Timestamp

    func check(_ name: GateCheck.Name) -> GateCheck {
        switch name {
        case .covered: covered
        case .compared: compared
        case .gaps: gaps
        case .recorded: recorded
        case .instances: instances
        case .answered: answered
        case .latency: latency
        case .unexplained: unexplained
        case .lostWrites: lostWrites
        case .bugs: bugs
        case .triggers: triggers
        case .armed: armed
        case .drill: drill
        }
    }

    /// Requests that both sides were asked about, whatever came of them.
    var asked: Int { inputs.compared + unanswered + inputs.dropped }

    var unanswered: Int { inputs.incomparable.values.reduce(0, +) }

    /// - Parameters:
    ///   - canTell: Whether the inputs suffice for a pass; what fails, fails without.
    ///   - unknown: Why they do not suffice; `nil` for the same reason as for a failure.
    ///   - endsByItself: Whether what fails needs only time, also if the check forbids.
    func make(
        _ name: GateCheck.Name, _ passes: Bool, _ figure: String, _ bound: String, _ reason: String,
        canTell: Bool = true, unknown: String? = nil, endsByItself: Bool = false
    ) -> GateCheck {
        guard canTell else {
            return GateCheck(name: name, outcome: .cannotTell, figure: figure, bound: bound, reason: unknown ?? reason)
        }
        let failure: GateCheck.Outcome = name.forbids && !endsByItself ? .fail : .notYet
        return GateCheck(
            name: name, outcome: passes ? .pass : failure, figure: figure, bound: bound, reason: passes ? nil : reason)
    }

    static func percent(_ part: Int, of whole: Int, isAtMost bound: Double) -> Bool {
        Double(part) * 100 <= bound * Double(whole)
    }

    /// `a, b and 3 more`.
    static func listed(_ names: [String], atMost maximum: Int = 5) -> String {
        let rest = names.count - maximum
        return names.prefix(maximum).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}

/// What the inputs stand on.
extension GateJudge {
    private var covered: GateCheck {
        let missing = settings.minimumMinutes - inputs.recordedMinutes
        return make(
            .covered, missing <= 0, NumberFormat.span(minutes: inputs.recordedMinutes),
            "at least \(NumberFormat.span(minutes: settings.minimumMinutes))",
            "Records cover only \(NumberFormat.span(minutes: inputs.recordedMinutes)): "
                + "compare for another \(NumberFormat.span(minutes: missing)).")
    }

    private var compared: GateCheck {
        let missing = settings.minimumCompared - inputs.compared
        return make(
            .compared, missing <= 0, NumberFormat.count(inputs.compared),
            "at least \(NumberFormat.count(settings.minimumCompared))",
            "Only \(NumberFormat.counted(inputs.compared, "request")) compared so far: "
                + "\(NumberFormat.count(missing)) more are needed.")
    }

    private var gaps: GateCheck {
        let whole = inputs.recordedMinutes + inputs.gapMinutes
        let isWithin = Self.percent(inputs.gapMinutes, of: whole, isAtMost: settings.gapPercent)
        return make(
            .gaps, isWithin, NumberFormat.span(minutes: inputs.gapMinutes),
            "at most \(NumberFormat.share(percent: settings.gapPercent))",
            "No instance recorded for \(NumberFormat.span(minutes: inputs.gapMinutes)) in between: "
                + "keep them running, or choose a period without that gap.",
            canTell: whole > 0, unknown: Self.nothing)
    }

    private var recorded: GateCheck {
        let isWithin = Self.percent(inputs.dropped, of: asked, isAtMost: settings.droppedPercent)
        return make(
            .recorded, isWithin, "\(NumberFormat.count(inputs.dropped)) lost",
            "at most \(NumberFormat.share(percent: settings.droppedPercent))",
            "\(NumberFormat.counted(inputs.dropped, "request")) could not be recorded, and so in no figure: "
                + "look at the disk and at RECORD_BUFFER.",
            canTell: asked > 0, unknown: Self.nothing)
    }

    /// Every instance that shares the flag file must have recorded here, and do what the file says.
    private var instances: GateCheck {
        let names = Set((inputs.sharers ?? []).map(\.name))
        let heard = inputs.recordedInstances.count
        let silent = Set((inputs.sharers ?? []).filter(\.isSilent).map(\.name))
        let unrecorded = names.subtracting(inputs.recordedInstances)
        let missing = unrecorded.subtracting(silent).sorted()
        // One that was killed before it recorded anything is no longer there.
        let unknown = unrecorded.intersection(silent).sorted()
        let expected = max(settings.minimumInstances, heard + missing.count)
        let figure = "\(NumberFormat.count(heard)) of \(NumberFormat.count(expected)) heard"
        let bound = "all that share the flag file"
        if !missing.isEmpty {
            return make(
                .instances, false, figure, bound,
                "No record of \(Self.listed(missing)), which reads the same flag file: "
                    + "name its database too (--database, once for each instance).")
        }
        if heard < settings.minimumInstances {
            return make(
                .instances, false, figure, "at least \(NumberFormat.count(settings.minimumInstances))",
                "Only \(NumberFormat.counted(heard, "instance")) recorded here; GATE_INSTANCES asks for "
                    + "\(NumberFormat.count(settings.minimumInstances)): name the databases of all.")
        }
        let deviations = (inputs.sharers ?? []).compactMap { sharer in
            sharer.deviation.map { "\(sharer.name) \($0)" }
        }
        if !deviations.isEmpty {
            return make(
                .instances, false, figure, bound,
                "Not every instance does what the flag file says (\(Self.listed(deviations))): see parallax flags show."
            )
        }
        let isKnown = !names.isEmpty || settings.minimumInstances > 0
        return make(
            .instances, true, figure, bound, "",
            canTell: isKnown && heard > 0 && unknown.isEmpty,
            unknown: heard == 0
                ? "No instance has recorded anything here."
                : !unknown.isEmpty
                    ? "No record of \(Self.listed(unknown)), which was not seen lately: name its database too "
                        + "(--database), or try again an hour after it was last seen."
                    : "The instances are not known, since none has left its status next to the flag file: "
                        + "name that file (--file), or set GATE_INSTANCES to the number of instances.")
    }
}

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
        let figure = inputs.candidateMilliseconds.map { "p95 \(NumberFormat.time(milliseconds: $0))" } ?? "not measured"
        let bound = limit.map { "at most \(NumberFormat.time(milliseconds: $0))" } ?? "the limit of response_time"
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
