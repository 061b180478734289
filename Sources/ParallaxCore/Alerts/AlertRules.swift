/// Which alerts hold: a value that is told what was counted and how the parts of the service are.
package struct AlertRules: Sendable {
    private let settings: AlertSettings
    private var counted = AlertCounts()
    private var counts: SecondBuckets<AlertCounts>
    private var run = UnansweredRun()
    private var redisUnhealthy: AlertCondition
    private var redisDown: AlertCondition
    private var unavailable: AlertCondition
    private var refusals = AlertCondition()
    private var flagFile: AlertCondition
    private var flagWriting: AlertCondition
    private var recorder: AlertCondition
    private var triggers: [Alert.Key: AlertCondition] = [:]
    /// What was last said of alerts whose cause is gone and which have not ended yet.
    private var summaries: [Alert.Key: String] = [:]

    package init(settings: AlertSettings) {
        self.settings = settings
        counts = SecondBuckets(longSeconds: settings.longWindowSeconds, shortSeconds: settings.shortWindowSeconds)
        redisUnhealthy = AlertCondition(afterSeconds: settings.redisUnhealthySeconds)
        redisDown = AlertCondition(clearSeconds: settings.redisClearSeconds)
        unavailable = AlertCondition(clearSeconds: settings.clearSeconds)
        let failure = AlertCondition(afterSeconds: settings.failureSeconds, clearSeconds: settings.clearSeconds)
        (flagFile, flagWriting, recorder) = (failure, failure, failure)
    }

    /// Answers in a row, up to the latest, that had no verdict; `nil` if they are too few or too old to tell.
    ///
    /// - Parameter counts: What was counted until now: a verdict since the last look ends the row at once.
    package func unansweredRun(at now: ClockReading, counts: AlertCounts) -> Int? {
        var run = run
        run.add(counts.since(counted), at: now)
        return run.length(at: now)
    }

    /// Takes in what holds and what was counted since the last time, and tells which alerts hold now.
    package mutating func alerts(_ inputs: Inputs, at now: ClockReading) -> [Alert] {
        let new = inputs.counts.since(counted)
        counted = inputs.counts
        counts.add(new, second: now.second)
        run.add(new, at: now)
        let rollback = inputs.rollback.map { Alert.rollback($0, inputs) }
        let alerts =
            [rollback] + triggerAlerts(inputs, at: now) + [
                redisDown(inputs, at: now), unavailableAnswers(inputs, at: now), refusalRate(at: now),
                flagFile(inputs, at: now), flagWriting(inputs, at: now), recorder(inputs, at: now),
                inputs.drill.map(Alert.drill),
            ]
        return alerts.compactMap(\.self)
    }
}

extension AlertRules {
    private mutating func redisDown(_ inputs: Inputs, at now: ClockReading) -> Alert? {
        let failures = counts.short.connectionFailures
        let unhealthySince = redisUnhealthy.update(inputs.redisProblem != nil, at: now)
        let isFailing = failures > settings.connectionFailures
        guard let startsAt = redisDown.update(unhealthySince != nil || isFailing, at: now) else { return nil }
        let summary: String? =
            if let since = unhealthySince {
                "Redis has not been healthy for \(max(0, (now.wall - since) / 1000)) s: \(inputs.redisProblem ?? "")"
            } else if isFailing {
                """
                \(NumberFormat.counted(failures, "connection")) to Redis failed or were lost within \
                \(settings.shortWindowSeconds) s (limit \(settings.connectionFailures))
                """
            } else {
                nil
            }
        return alert(
            .redisDown, startsAt: startsAt, summary: summary,
            description: "Look at Redis, the network to it and its maxclients. See the instance's /health and its log.")
    }

    private mutating func unavailableAnswers(_ inputs: Inputs, at now: ClockReading) -> Alert? {
        let (long, short) = (counts.long, counts.short)
        let length = run.length(at: now)
        let isShare =
            long.answers >= settings.refusalMinimum && long.isUnavailable(above: settings.unavailablePercent)
            && short.isUnavailable(above: settings.unavailablePercent)
        guard let startsAt = unavailable.update(isShare || length != nil, at: now) else { return nil }
        let summary: String? =
            if isShare {
                """
                \(NumberFormat.share(percent: Double(long.unavailable) * 100 / Double(long.answers))) of \
                \(NumberFormat.counted(long.answers, "answer")) over \(settings.longWindowSeconds) s had no verdict (limit \
                \(NumberFormat.share(percent: settings.unavailablePercent)))
                """
            } else {
                length.map { "The last \(NumberFormat.counted($0, "answer")) had no verdict" }
            }
        return alert(
            .unavailableAnswers, startsAt: startsAt, summary: summary,
            description: """
                Redis does not decide: callers \(inputs.failsClosed ? "get 503" : "pass without a limit"). See \
                parallax_redis_failures_total for the reasons, and the instance's /health.
                """)
    }

    private mutating func refusalRate(at now: ClockReading) -> Alert? {
        let (long, short) = (counts.long, counts.short)
        let holds =
            long.verdicts >= settings.refusalMinimum && long.isRefused(above: settings.refusalPercent)
            && short.isRefused(above: settings.refusalPercent)
        guard let startsAt = refusals.update(holds, at: now) else { return nil }
        let percent = Double(long.limited) * 100 / Double(long.verdicts)
        return Alert(
            .refusalRate, startsAt: startsAt,
            summary: """
                \(NumberFormat.share(percent: percent)) of \(NumberFormat.counted(long.verdicts, "request")) were refused over \
                \(settings.longWindowSeconds) s (limit \(NumberFormat.share(percent: settings.refusalPercent)))
                """,
            description: """
                Most callers are refused, or a few ask for far more than they may have. See parallax limits top, and \
                whether the limits are as they should be.
                """)
    }

    private mutating func flagFile(_ inputs: Inputs, at now: ClockReading) -> Alert? {
        guard let startsAt = flagFile.update(inputs.flagFileProblem != nil, at: now) else { return nil }
        return alert(
            .flagFileInvalid, startsAt: startsAt,
            summary: inputs.flagFileProblem.map { "The flag file cannot be used: \($0)" },
            description: """
                The last good flags are in force in this instance, and it follows no change. Correct the file, or restore \
                it: parallax flags restore.
                """)
    }

    private mutating func flagWriting(_ inputs: Inputs, at now: ClockReading) -> Alert? {
        guard let startsAt = flagWriting.update(inputs.flagWriteProblem != nil, at: now) else { return nil }
        return alert(
            .flagFileUnwritable, startsAt: startsAt,
            summary: inputs.flagWriteProblem.map { "The flag file cannot be written: \($0)" },
            description: """
                A rollback cannot reach other instances, and holds in the instance that decided it only. Give its user the \
                right to write in the folder, or mount the folder writable.
                """)
    }

    private mutating func recorder(_ inputs: Inputs, at now: ClockReading) -> Alert? {
        guard let startsAt = recorder.update(inputs.recorderProblem != nil, at: now) else { return nil }
        return alert(
            .recorderFailing, startsAt: startsAt,
            summary: inputs.recorderProblem.map { "Comparisons cannot be written: \($0)" },
            description: """
                Requests are answered as usual. Comparisons wait in memory, and are then dropped and counted \
                (parallax_recorder_dropped_total). Look at the database's disk.
                """)
    }

    /// One for each trigger that should roll back and does not.
    private mutating func triggerAlerts(_ inputs: Inputs, at now: ClockReading) -> [Alert?] {
        let stopped = Dictionary(inputs.stoppedTriggers.map { ($0.key, $0) }) { first, _ in first }
        for key in stopped.keys where triggers[key] == nil {
            triggers[key] = AlertCondition(clearSeconds: settings.clearSeconds)
        }
        return triggers.keys.sorted { $0.order < $1.order }.map { key in
            guard let startsAt = triggers[key]?.update(stopped[key] != nil, at: now) else {
                triggers[key] = nil
                return nil
            }
            return alert(
                key.name, trigger: key.trigger, startsAt: startsAt, summary: stopped[key]?.summary,
                description: Inputs.StoppedTrigger.description(of: key.name))
        }
    }

    /// An alert that lasts; once its cause is gone, with what was last said of it.
    private mutating func alert(
        _ name: Alert.Name, trigger: Trigger? = nil, startsAt: Timestamp, summary: String?, description: String
    ) -> Alert {
        let key = Alert.Key(name: name, trigger: trigger)
        if let summary { summaries[key] = summary }
        return Alert(
            name, trigger: trigger, startsAt: startsAt, summary: summaries[key] ?? "", description: description)
    }
}

extension Alert.Key {
    fileprivate var order: String { name.rawValue + (trigger?.rawValue ?? "") }
}
