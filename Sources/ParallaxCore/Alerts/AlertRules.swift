/// Which alerts hold: a value that is told what was counted and what is latched.
package struct AlertRules: Sendable {
    /// A drill that has the flags at legacy.
    package struct Drill: Equatable, Sendable {
        package let by: String
        package let reason: String
        package let time: Timestamp

        package init(by: String, reason: String, time: Timestamp) {
            self.by = by
            self.reason = reason
            self.time = time
        }
    }

    private let settings: AlertSettings
    private var counts: SecondBuckets<AlertCounts>
    /// Since when each alert that rests on counts holds.
    private var since: [Alert.Name: Timestamp] = [:]

    package init(settings: AlertSettings) {
        self.settings = settings
        counts = SecondBuckets(longSeconds: settings.longWindowSeconds, shortSeconds: settings.shortWindowSeconds)
    }

    /// Takes in what was counted since the last time, and tells what holds now.
    ///
    /// - Parameters:
    ///   - rollback: The rollback that waits to be acknowledged; `nil` where none does.
    ///   - isHeldAlone: Whether the flag file could not be written, so that the rollback is this instance's only.
    ///   - strategy: The strategy in force: after a rollback that somebody undid, no longer `legacy`.
    ///   - drill: The drill under way; `nil` where none is.
    package mutating func alerts(
        counting new: AlertCounts, rollback: RollbackLatch.Firing?, isHeldAlone: Bool = false,
        strategy: Strategy = .legacy, drill: Drill?, at now: Moment
    ) -> [Alert] {
        counts.add(new, second: now.second)
        let byCount = [connectionFailures(at: now.wall), refusalRate(at: now.wall)]
        return
            ([rollback.map { Self.alert($0, isHeldAlone: isHeldAlone, strategy: strategy) }] + byCount + [
                drill.map(Self.alert)
            ])
            .compactMap(\.self)
    }

    private static func alert(_ firing: RollbackLatch.Firing, isHeldAlone: Bool, strategy: Strategy) -> Alert {
        let shared = "which multiplies each limit by the number of instances; limits are shared no more"
        let reach =
            if isHeldAlone {
                "The flag file cannot be written: only this instance is held at legacy, and limits by its own memory, \(shared)"
            } else if strategy == .legacy {
                "Every instance limits by its own memory now, \(shared)"
            } else {
                "The flags were set to \(strategy.rawValue) again since, over a rollback that was not acknowledged"
            }
        return Alert(
            .rollback, trigger: firing.trigger, startsAt: firing.time,
            summary: "Rolled back to legacy: \(firing.sentence)",
            description: """
                \(reach). Nothing is rolled back again until a person has acknowledged this (parallax rollback \
                acknowledge). See parallax rollback history.
                """)
    }

    private static func alert(_ drill: Drill) -> Alert {
        Alert(
            .rollbackDrill, startsAt: drill.time, summary: "A drill of the rollback by \(drill.by)",
            description: """
                No trigger fired. The flags are at legacy for seconds and are then put back as they were. \
                Reason: \(drill.reason)
                """)
    }

    private mutating func connectionFailures(at now: Timestamp) -> Alert? {
        let failures = counts.short.connectionFailures
        guard let startsAt = start(.redisConnectionFailures, failures > settings.connectionFailures, at: now) else {
            return nil
        }
        return Alert(
            .redisConnectionFailures, startsAt: startsAt,
            summary: """
                \(FigureText.counted(failures, "connection")) to Redis failed or were lost within \
                \(settings.shortWindowSeconds) s (limit \(settings.connectionFailures))
                """,
            description: "Look at Redis, the network to it and its maxclients. See the instance's /health and its log.")
    }

    private mutating func refusalRate(at now: Timestamp) -> Alert? {
        let (long, short) = (counts.long, counts.short)
        let holds =
            long.verdicts >= settings.minimumAnswers && long.isRefused(above: settings.refusalPercent)
            && short.isRefused(above: settings.refusalPercent)
        guard let startsAt = start(.refusalRate, holds, at: now) else { return nil }
        let percent = Double(long.limited) * 100 / Double(long.verdicts)
        return Alert(
            .refusalRate, startsAt: startsAt,
            summary: """
                \(FigureText.share(percent)) of \(FigureText.counted(long.verdicts, "request")) were refused over \
                \(settings.longWindowSeconds) s (limit \(FigureText.share(settings.refusalPercent)))
                """,
            description: """
                Most callers are refused, or a few ask for far more than they may have. See parallax limits top, and \
                whether the limits are as they should be.
                """)
    }

    /// Since when an alert holds; `nil` where it does not.
    private mutating func start(_ name: Alert.Name, _ holds: Bool, at now: Timestamp) -> Timestamp? {
        guard holds else {
            since[name] = nil
            return nil
        }
        let startsAt = since[name] ?? now
        since[name] = startsAt
        return startsAt
    }
}
