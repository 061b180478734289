import GRDB
package import ParallaxCore

/// What happened within a report's period, next to its comparisons.
package struct ReportEvent: Codable, Equatable, Sendable {
    /// The raw values are shown and read by programs: they never change.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The flags changed: the phase, the share, or another flag.
        case flags
        case rollback
        /// A trigger fired that only records.
        case dryRun = "dry_run"
        case drill
        case alert
    }

    package var time: Timestamp
    package var kind: Kind
    /// In a sentence without its end. It can quote strangers.
    package var text: String

    package init(time: Timestamp, kind: Kind, text: String) {
        self.time = time
        self.kind = kind
        self.text = text
    }
}

extension ReportEvent {
    init(_ change: FlagChange) {
        self.init(
            time: change.time, kind: .flags,
            text: "\(Self.change(from: change.from, to: change.to)), by \(change.by): \(change.reason)")
    }

    init(_ rollback: Rollback) {
        let word =
            rollback.isDryRun
            ? "dry run"
            : rollback.acknowledgement.map { "acknowledged by \($0.by): \($0.reason)" } ?? "not acknowledged"
        self.init(
            time: rollback.evaluation.time, kind: rollback.isDryRun ? .dryRun : .rollback,
            text: "\(rollback.evaluation.trigger.rawValue): \(rollback.evaluation.sentence) (\(word))")
    }

    init(_ drill: RollbackDrill) {
        var instances =
            drill.heard?.joined(separator: ", ") ?? drill.instances.map { NumberFormat.counted($0, "instance") }
            ?? "instances"
        if let unheard = drill.unheard, !unheard.isEmpty {
            instances += " (not drilled: \(unheard.joined(separator: ", ")))"
        }
        let times = [
            drill.appliedMilliseconds.map { "in legacy after \($0) ms" },
            drill.restoredMilliseconds.map { "back after \($0) ms" },
        ].compactMap(\.self).joined(separator: ", ")
        let person = drill.by.map { ", by \($0): \(drill.reason ?? "")" } ?? ""
        self.init(
            time: drill.time, kind: .drill, text: "\(instances) \(times.isEmpty ? "drilled" : times)\(person)")
    }

    /// A drill of which nothing but its changes is kept, such as one before the last.
    init(drillFrom flip: FlagChange, to end: FlagChange?) {
        let end =
            end.map { "flags back after \($0.time - flip.time) ms" } ?? "its end is not in the history of this period"
        self.init(time: flip.time, kind: .drill, text: "\(flip.reason); \(end)")
    }

    /// `hybrid -> hybrid with 10 % on the candidate`; the changed flag if that is another.
    private static func change(from: FlagValues?, to: FlagValues) -> String {
        guard let from else { return "the first file, \(phase(to))" }
        guard phase(from) == phase(to) else { return "\(phase(from)) -> \(phase(to))" }
        return from.failOpen == to.failOpen
            ? "the file changed, still \(phase(to))"
            : "\(FlagName.failOpen.rawValue) \(from.failOpen) -> \(to.failOpen)"
    }

    private static func phase(_ values: FlagValues) -> String {
        guard values.strategy == .hybrid else { return values.strategy.rawValue }
        return values.enforcementPercent == 0
            ? "hybrid" : "hybrid with \(NumberFormat.share(percent: values.enforcementPercent)) on the candidate"
    }
}

/// The events of a period, from one database after the other: of instances that share a flag file, each holds most of
/// them.
struct EventSums: Sendable {
    /// The most that a report lists, the newest.
    static let maximum = 200
    /// How far apart two instances see the same change of the flags.
    private static let sameChangeMilliseconds: Int64 = 60_000

    private var changes: [FlagChange] = []
    private var events: [ReportEvent] = []
    private var drills: [RollbackDrill] = []

    /// What changes that may be the same have in common: their times are no more than a minute apart.
    private struct ChangeKey: Hashable {
        let contentHash: String
        var minute: Int64

        init(_ change: FlagChange) {
            contentHash = change.contentHash
            minute = change.time.milliseconds / sameChangeMilliseconds
        }

        /// The keys under which the same change may be found.
        var near: [ChangeKey] {
            [minute - 1, minute, minute + 1].map {
                var key = self
                key.minute = $0
                return key
            }
        }
    }

    /// Adds the changes that one database holds. Within one, every row is a change of its own.
    mutating func add(_ history: [FlagChange]) {
        // By key: databases hold ten thousand changes each.
        var others = Dictionary(grouping: changes.indices) { ChangeKey(changes[$0]) }
        for change in history {
            let near = ChangeKey(change).near
            let same = near.flatMap { others[$0] ?? [] }.filter { Self.isSame(changes[$0], change) }
                .min { (abs(changes[$0].time - change.time), $0) < (abs(changes[$1].time - change.time), $1) }
            guard let same else {
                changes.append(change)
                continue
            }
            for key in near { others[key]?.removeAll { $0 == same } }
            // The instance that made it knows who asked for it; others may not.
            if changes[same].by == FlagChange.unknownWriter { changes[same] = change }
        }
    }

    /// Whether two databases hold the same change: at the time that its file declares, or as two instances saw it.
    private static func isSame(_ one: FlagChange, _ other: FlagChange) -> Bool {
        guard one.contentHash == other.contentHash, one.from == other.from, one.to == other.to else { return false }
        let isSeen = one.by == FlagChange.unknownWriter || other.by == FlagChange.unknownWriter
        return one.time == other.time || isSeen && abs(one.time - other.time) <= sameChangeMilliseconds
    }

    mutating func add(_ drill: RollbackDrill) {
        if !drills.contains(drill) { drills.append(drill) }
    }

    mutating func add(_ event: ReportEvent) {
        if !events.contains(event) { events.append(event) }
    }

    /// The earliest first. A drill is one event, and not the two changes that it makes.
    func makeEvents() -> [ReportEvent] {
        var unpaired = drills
        var all = events + changes.filter { $0.by != RollbackDrill.author }.map(ReportEvent.init)
        for (flip, end) in drillChanges() {
            let noted = unpaired.filter { Self.isNote($0, of: flip, end) }
                .min { abs($0.time - (end ?? flip).time) < abs($1.time - (end ?? flip).time) }
            unpaired.removeAll { $0 == noted }
            all.append(noted.map(ReportEvent.init) ?? ReportEvent(drillFrom: flip, to: end))
        }
        all += unpaired.map(ReportEvent.init)
        return all.sorted { ($0.time, $0.text) < ($1.time, $1.text) }.suffix(Self.maximum)
    }

    /// The flip and the way back of each drill; the way back is `nil` if it is not among the changes.
    private func drillChanges() -> [(flip: FlagChange, end: FlagChange?)] {
        var pairs: [(flip: FlagChange, end: FlagChange?)] = []
        for change in changes.filter({ $0.by == RollbackDrill.author }).sorted(by: { $0.time < $1.time }) {
            if change.to.strategy == .legacy {
                pairs.append((change, nil))
            } else if let last = pairs.indices.last, pairs[last].end == nil {
                pairs[last].end = change
            }
        }
        return pairs
    }

    /// Whether a drill was noted for the gate with what its command saw: a moment after its end, by the same clock.
    private static func isNote(_ drill: RollbackDrill, of flip: FlagChange, _ end: FlagChange?) -> Bool {
        if let by = drill.by, let reason = drill.reason, flip.reason != RollbackDrill.flipReason(by: by, reason) {
            return false
        }
        return drill.time >= flip.time && drill.time - (end ?? flip).time <= sameChangeMilliseconds
    }
}

extension DivergenceStore {
    /// Adds what this database holds of a period.
    ///
    /// - Parameter times: From the first minute to the end of the last.
    func addEvents(of times: Range<Timestamp>, to sums: inout EventSums) async throws {
        let history = try await flagHistory(limit: 10_000)
        sums.add(history.map(\.change).filter { times.contains($0.time) })
        for stored in try await rollbacks(limit: 1_000) where times.contains(stored.rollback.evaluation.time) {
            sums.add(ReportEvent(stored.rollback))
        }
        if let drill = try await SQLiteRollbackStore(store: self).loadDrill(), times.contains(drill.time) {
            sums.add(drill)
        }
        for alert in try await alerts(times) { sums.add(alert) }
    }
}

extension DivergenceStore {
    /// Notes that an instance began to raise an alert.
    package func note(alert name: String, instance: String, at time: Timestamp) async throws {
        try await write { database in
            try database.execute(
                sql: "INSERT INTO alert (time, name, instance) VALUES (?, ?, CAST(? AS TEXT))",
                arguments: [time.milliseconds, name, ExactText(instance)])
        }
    }

    func alerts(_ times: Range<Timestamp>) async throws -> [ReportEvent] {
        try await read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT time, name, CAST(instance AS BLOB) FROM alert WHERE time >= ? AND time < ?
                    ORDER BY time DESC LIMIT ?
                    """,
                arguments: [times.lowerBound.milliseconds, times.upperBound.milliseconds, EventSums.maximum]
            ).map { row in
                let instance: ExactText = row[2]
                return ReportEvent(
                    time: Timestamp(milliseconds: row[0]), kind: .alert,
                    text: "\(row[1] as String) began on \(instance.text)")
            }
        }
    }
}
