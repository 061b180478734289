/// Whether the watchdog sees anything wrong, whether it could, and whether the way back works.
extension GateJudge {
    /// A trigger whose newest verdict is this much older than the newest record was not watched at the end.
    private static let staleMilliseconds: Int64 = 10 * 60_000
    private static let dayMilliseconds: Int64 = 24 * 3_600_000

    var triggers: GateCheck {
        let alarms = inputs.triggers.filter { $0.state == .suspect || $0.state == .firing }
        let figure = Self.summary(inputs.triggers.map(\.state))
        let bound = "none suspect or firing"
        let present = alarms.filter { $0.state == .firing || $0.clearsAt == nil }
        if let alarm = present.first(where: { $0.state == .firing }) ?? present.first {
            return make(
                .triggers, false, figure, bound,
                "The trigger \(alarm.trigger.rawValue) is \(alarm.state.rawValue): \(alarm.sentence).")
        }
        if let rollback = inputs.rollbacks.first {
            return make(.triggers, false, figure, bound, Self.reason(of: rollback))
        }
        // The last one to end says when to ask again.
        let past = alarms.compactMap { alarm in alarm.clearsAt.map { (alarm: alarm, end: $0) } }
        if let (alarm, end) = past.max(by: { $0.end < $1.end }) {
            return make(
                .triggers, false, figure, bound,
                "The trigger \(alarm.trigger.rawValue) is still suspect because of outages that are over: \(alarm.sentence). "
                    + "If Redis stays up, try again at \(end.timeOfDayRoundedUp).",
                endsByItself: true)
        }
        let stale = inputs.triggers.first { $0.recordedUntil - $0.time > Self.staleMilliseconds }
        let reason =
            stale.map { "The trigger \($0.trigger.rawValue) was last evaluated long before the last record: " }
            ?? "The instances that recorded this have evaluated no trigger: "
        return make(
            .triggers, true, figure, bound, reason + "run the instances with the watchdog.",
            canTell: stale == nil && !inputs.triggers.isEmpty && inputs.unwatchedDatabases == 0)
    }

    private static func reason(of rollback: GateInputs.RollbackReading) -> String {
        rollback.isDryRun
            ? "The trigger \(rollback.trigger.rawValue) fired in a dry run: find out why, then report on a period after it."
            : "The trigger \(rollback.trigger.rawValue) fired, and its rollback is not acknowledged: "
                + "see parallax rollback history."
    }

    /// A trigger that cannot fire protects nothing: all three must be able to, in every database.
    var armed: GateCheck {
        let bound = "all triggers"
        let waiting = inputs.triggers.filter { !isArmed($0) }
        let figure = "\(inputs.triggers.count - waiting.count) of \(inputs.triggers.count)"
        if waiting.contains(where: isOfAnotherPhase) {
            return make(
                .armed, false, figure, bound,
                "The triggers were last evaluated before the flags went from or to legacy: try again in a minute.")
        }
        // Response times take minutes to be armed, the error rate one, and Redis seconds.
        if let longest = waiting.max(by: { Self.wait($0) < Self.wait($1) }) {
            let names = Trigger.allCases.filter { trigger in waiting.contains { $0.trigger == trigger } }
                .filter { $0 != longest.trigger }.map(\.rawValue)
            let others = names.isEmpty ? "" : "; nor can \(names.joined(separator: " or "))"
            return make(
                .armed, false, figure, bound,
                "The trigger \(longest.trigger.rawValue) cannot fire yet: \(missing(longest))\(others).")
        }
        let unjudged = Trigger.allCases.filter { trigger in !inputs.triggers.contains { $0.trigger == trigger } }
        return make(
            .armed, true, figure, bound,
            "Not evaluated by the instances that recorded this: \(Self.listed(unjudged.map(\.rawValue))). "
                + "Run the instances with the watchdog.",
            canTell: unjudged.isEmpty && inputs.unwatchedDatabases == 0)
    }

    /// As the instance judged it, in the phase that the flag file has now.
    private func isArmed(_ reading: GateInputs.TriggerReading) -> Bool {
        if isOfAnotherPhase(reading) || endsWithHybrid(reading) { return false }
        return reading.armed ?? (reading.state != .warming && reading.state != .inconclusive)
    }

    /// How long triggers wait to be armed, compared.
    private static func wait(_ reading: GateInputs.TriggerReading) -> (trigger: Int, seconds: Int) {
        (Trigger.allCases.firstIndex(of: reading.trigger) ?? 0, reading.baselineSecondsLeft)
    }

    /// A verdict reached in `legacy` says nothing about the time after it, nor one of after it about `legacy`.
    private func isOfAnotherPhase(_ reading: GateInputs.TriggerReading) -> Bool {
        inputs.strategy.map { ($0 != .legacy) != reading.isInPlay } ?? false
    }

    /// A hold-out takes part in `hybrid` only.
    private func endsWithHybrid(_ reading: GateInputs.TriggerReading) -> Bool {
        reading.trigger == .responseTime && reading.isInPlay && inputs.target == .distributedOnly
            && !reading.hasBaseline
    }

    private func missing(_ reading: GateInputs.TriggerReading) -> String {
        let remedy = "until then, or set BASELINE_HOLDOUT_PERCENT"
        switch reading.trigger {
        case .responseTime where endsWithHybrid(reading):
            return "in distributed_only there is no hold-out, and no baseline is learned; learn one in legacy first"
        case .responseTime where !reading.isInPlay: return "\(reading.sentence); stay in legacy \(remedy)"
        case .responseTime where !reading.hasBaseline && !reading.hasHoldout:
            return "\(reading.sentence); go back to legacy \(remedy)"
        case .redisDown, .errorRate, .responseTime: return "it is \(reading.state.rawValue) (\(reading.sentence))"
        }
    }

    var drill: GateCheck {
        let bound = "within \(settings.drillDays) days, all instances at the time"
        let remedy = "Drill a rollback before you need one: parallax rollback drill."
        guard let drill = inputs.lastDrill else {
            return make(.drill, false, "never", bound, "The rollback was never drilled. " + remedy)
        }
        let days = max(0, now - drill.time) / Self.dayMilliseconds
        let isRecent = now - drill.time <= Int64(settings.drillDays) * Self.dayMilliseconds
        let age = days == 0 ? "today" : NumberFormat.counted(Int(days), "day") + " ago"
        let figure = age + (drill.instances.map { ", \(NumberFormat.counted($0, "instance"))" } ?? "")
        guard isRecent else {
            return make(.drill, false, figure, bound, "The rollback was last drilled \(days) days ago. " + remedy)
        }
        // Earlier versions noted only how many were asked.
        let known = inputs.sharers?.count ?? 0
        let missing = drill.unheard ?? []
        let asked = drill.instances ?? known
        return make(
            .drill, drill.unheard.map(\.isEmpty) ?? (asked >= known), figure, bound,
            missing.isEmpty
                ? "The last drill asked \(NumberFormat.counted(asked, "instance")) of the \(NumberFormat.count(known)) that "
                    + "share the flag file: drill with --url for each."
                : "The last drill did not ask \(Self.listed(missing)), which shared the flag file: drill with --url for each."
        )
    }

    /// `2 ok, 1 inconclusive`, in the order of the states.
    private static func summary(_ states: [TriggerState]) -> String {
        let parts = TriggerState.allCases.compactMap { state in
            let count = states.count { $0 == state }
            return count > 0 ? "\(count) \(state.rawValue)" : nil
        }
        return parts.isEmpty ? "not watched" : parts.joined(separator: ", ")
    }
}
