/// Holds each figure to its bound.
struct GateJudge {
    /// A trigger whose newest verdict is this much older than the newest record was not watched at the end.
    private static let staleMilliseconds: Int64 = 10 * 60_000
    private static let nothing = "Nothing was compared in this period."
    private static let dayMilliseconds: Int64 = 24 * 3_600_000

    let figures: GateFigures
    let settings: GateSettings
    let now: Timestamp

    func check(_ name: GateCheck.Name) -> GateCheck {
        switch name {
        case .covered: covered
        case .compared: compared
        case .gaps: gaps
        case .recorded: recorded
        case .unexplained: unexplained
        case .lostWrites: lostWrites
        case .bugs: bugs
        case .triggers: triggers
        case .drill: drill
        }
    }

    private var covered: GateCheck {
        let missing = settings.minimumMinutes - figures.recordedMinutes
        return make(
            .covered, missing <= 0, FigureText.minutes(figures.recordedMinutes),
            "at least \(FigureText.minutes(settings.minimumMinutes))",
            "Only \(FigureText.minutes(figures.recordedMinutes)) hold any record: "
                + "compare for another \(FigureText.minutes(missing)).")
    }

    private var compared: GateCheck {
        let missing = settings.minimumCompared - figures.compared
        return make(
            .compared, missing <= 0, FigureText.grouped(figures.compared),
            "at least \(FigureText.grouped(settings.minimumCompared))",
            "Only \(FigureText.counted(figures.compared, "request")) compared so far: "
                + "\(FigureText.grouped(missing)) more are needed.")
    }

    private var gaps: GateCheck {
        let whole = figures.recordedMinutes + figures.gapMinutes
        let isWithin = Self.percent(figures.gapMinutes, of: whole, isAtMost: settings.gapPercent)
        return make(
            .gaps, isWithin, FigureText.minutes(figures.gapMinutes),
            "at most \(FigureText.share(settings.gapPercent))",
            "No instance recorded for \(FigureText.minutes(figures.gapMinutes)) in between: "
                + "keep them running, or choose a period without that gap.",
            canTell: whole > 0, unknown: Self.nothing)
    }

    private var recorded: GateCheck {
        let asked = figures.compared + figures.incomparable + figures.dropped
        let isWithin = Self.percent(figures.dropped, of: asked, isAtMost: settings.droppedPercent)
        return make(
            .recorded, isWithin, "\(FigureText.grouped(figures.dropped)) lost",
            "at most \(FigureText.share(settings.droppedPercent))",
            "\(FigureText.counted(figures.dropped, "request")) could not be recorded, and so in no figure: "
                + "look at the disk and at RECORD_BUFFER.",
            canTell: asked > 0, unknown: Self.nothing)
    }

    private var unexplained: GateCheck {
        let estimate = ShareEstimate(figures.unexplained, of: figures.compared)
        // Not by the share, whose rounding could turn a figure on the bound.
        let isBelow = Double(figures.unexplained) * 100 < settings.unexplainedPercent * Double(figures.compared)
        let interval = "95 % interval up to \(FigureText.share(estimate.upper * 100))"
        return make(
            .unexplained, isBelow,
            "\(FigureText.grouped(figures.unexplained)), \(FigureText.share(estimate.share * 100)) (\(interval))"
                + settled(figures.settledUnexplained),
            "below \(FigureText.share(settings.unexplainedPercent))",
            "\(FigureText.counted(figures.unexplained, "divergence")) without a known cause: look at them "
                + "(parallax divergences list --cause unexplained), then settle or mend them.",
            canTell: figures.compared > 0, unknown: Self.nothing)
    }

    private var lostWrites: GateCheck {
        make(
            .lostWrites, figures.lostWrites == 0,
            FigureText.grouped(figures.lostWrites) + settled(figures.settledLostWrites), "none",
            "Redis lost writes that it had accepted, seen in \(FigureText.counted(figures.lostWrites, "divergence")): "
                + "look at its persistence, failovers and maxmemory-policy.",
            canTell: figures.compared > 0, unknown: Self.nothing)
    }

    private var bugs: GateCheck {
        make(
            .bugs, figures.bugs == 0, FigureText.grouped(figures.bugs), "none",
            "\(FigureText.counted(figures.bugs, "divergence")) of what a reviewer settled as a bug "
                + "(\(figures.bugGroups.joined(separator: ", "))): mend it, then report on a period after that.")
    }

    private var triggers: GateCheck {
        let alarms = figures.triggers.filter { $0.state == .suspect || $0.state == .firing }
        let figure = Self.summary(figures.triggers.map(\.state))
        let bound = "none suspect or firing"
        if let alarm = alarms.first(where: { $0.state == .firing }) ?? alarms.first {
            return make(
                .triggers, false, figure, bound,
                "The trigger \(alarm.trigger.rawValue) is \(alarm.state.rawValue): \(alarm.sentence).")
        }
        if let rollback = figures.rollbacks.first {
            return make(.triggers, false, figure, bound, Self.reason(of: rollback))
        }
        let stale = figures.triggers.first { $0.recordedUntil - $0.time > Self.staleMilliseconds }
        let reason =
            stale.map { "The trigger \($0.trigger.rawValue) was last judged long before the last record: " }
            ?? "No trigger was judged where this was recorded: "
        return make(
            .triggers, true, figure, bound, reason + "run the instances with their watchdog.",
            canTell: stale == nil && !figures.triggers.isEmpty && figures.unwatchedDatabases == 0)
    }

    private static func reason(of rollback: GateFigures.RollbackReading) -> String {
        rollback.isDryRun
            ? "The trigger \(rollback.trigger.rawValue) fired in a dry run: find out why, then report on a period after it."
            : "The trigger \(rollback.trigger.rawValue) fired and nobody has acknowledged that: "
                + "see parallax rollback history."
    }

    private var drill: GateCheck {
        let bound = "within \(settings.drillDays) days"
        let remedy = "Drill the way back before it is needed: parallax rollback drill."
        guard let lastDrill = figures.lastDrill else {
            return make(.drill, false, "never", bound, "The rollback was never drilled. " + remedy)
        }
        let days = max(0, now - lastDrill) / Self.dayMilliseconds
        let isRecent = now - lastDrill <= Int64(settings.drillDays) * Self.dayMilliseconds
        return make(
            .drill, isRecent, days == 0 ? "today" : FigureText.counted(Int(days), "day") + " ago", bound,
            "The rollback was last drilled \(days) days ago. " + remedy)
    }

    private func make(
        _ name: GateCheck.Name, _ passes: Bool, _ figure: String, _ bound: String, _ reason: String,
        canTell: Bool = true, unknown: String? = nil
    ) -> GateCheck {
        guard canTell else {
            return GateCheck(name: name, outcome: .cannotTell, figure: figure, bound: bound, reason: unknown ?? reason)
        }
        return GateCheck(
            name: name, outcome: passes ? .pass : .fail, figure: figure, bound: bound, reason: passes ? nil : reason)
    }

    private func settled(_ count: Int) -> String {
        count > 0 ? ", besides \(FigureText.grouped(count)) settled" : ""
    }

    /// `2 ok, 1 inconclusive`, in the order of the states.
    private static func summary(_ states: [TriggerState]) -> String {
        let parts = TriggerState.allCases.compactMap { state in
            let count = states.count { $0 == state }
            return count > 0 ? "\(count) \(state.rawValue)" : nil
        }
        return parts.isEmpty ? "not watched" : parts.joined(separator: ", ")
    }

    private static func percent(_ part: Int, of whole: Int, isAtMost bound: Double) -> Bool {
        Double(part) * 100 <= bound * Double(whole)
    }
}
