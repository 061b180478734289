import ParallaxCore

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
        if let drill = try await StoredRollbackRecord(store: self).loadDrill(), times.contains(drill.time) {
            sums.add(drill)
        }
        for alert in try await alerts(times) { sums.add(alert) }
    }
}
