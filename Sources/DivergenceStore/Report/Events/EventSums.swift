import ParallaxCore

/// The events of a period, from one database after the other: of instances that share a flag file, each holds most of them.
struct EventSums: Sendable {
    /// The most that a report lists, the newest.
    static let maximum = 200
    /// How far apart two instances see the same change of the flags.
    private static let sameChangeMilliseconds: Int64 = 60_000

    private var changes: [FlagChange] = []
    private var events: [ReportEvent] = []

    mutating func add(_ change: FlagChange) {
        let known = changes.firstIndex {
            $0.contentHash == change.contentHash && $0.from == change.from && $0.to == change.to
                && abs($0.time - change.time) <= Self.sameChangeMilliseconds
        }
        guard let known else { return changes.append(change) }
        // The instance that made it knows who asked for it; others may not.
        if changes[known].by == "unknown" { changes[known] = change }
    }

    mutating func add(_ event: ReportEvent) {
        if !events.contains(event) { events.append(event) }
    }

    /// The earliest first.
    func makeEvents() -> [ReportEvent] {
        // A drill is one event, and not the two changes that it makes.
        let withoutDrills = changes.filter { $0.by != RollbackDrill.author }.map(ReportEvent.init)
        return (events + withoutDrills).sorted { ($0.time, $0.text) < ($1.time, $1.text) }.suffix(Self.maximum)
    }
}

extension DivergenceStore {
    /// Adds what this database holds of a period.
    ///
    /// - Parameter times: From the first minute to the end of the last.
    func addEvents(of times: Range<Timestamp>, to sums: inout EventSums) async throws {
        let history = try await flagHistory(limit: 10_000)
        for entry in history where times.contains(entry.change.time) { sums.add(entry.change) }
        for stored in try await rollbacks(limit: 1_000) where times.contains(stored.rollback.evaluation.time) {
            sums.add(ReportEvent(stored.rollback))
        }
        if let drill = try await StoredRollbackRecord(store: self).loadDrill(), times.contains(drill.time) {
            sums.add(ReportEvent(drill))
        }
        for alert in try await alerts(times) { sums.add(alert) }
    }
}
