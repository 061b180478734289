import GRDB
package import ParallaxCore

extension DivergenceStore {
    /// Whether what a report says is enough to go on.
    ///
    /// A report that was narrowed to an organization is judged for that organization; one narrowed to a kind or a cause
    /// as if it were not.
    ///
    /// - Parameters:
    ///   - report: The report of the same databases.
    ///   - circumstances: What the databases do not know.
    ///   - now: The time on the wall, for the age of the last drill.
    package static func gate(
        _ report: DivergenceReport, of stores: [DivergenceStore], settings: GateSettings = GateSettings(),
        _ circumstances: GateCircumstances = GateCircumstances(), now: Timestamp
    ) async throws -> Gate {
        var figures = report.gateFigures
        figures.sharers = circumstances.sharers
        figures.strategy = circumstances.strategy
        figures.target = circumstances.target
        let end = (report.to ?? now) + 60_000
        let period = (report.from ?? end)..<end
        for store in stores {
            figures = try await store.read { [figures] database in
                var figures = figures
                try GateReader(database: database, period: period).add(to: &figures)
                return figures
            }
            let drill = try await StoredRollbackRecord(store: store).loadDrill()
            figures.lastDrill = [figures.lastDrill, drill].compactMap(\.self).max { $0.time < $1.time }
        }
        return Gate(figures, settings: settings, now: now)
    }
}

/// What the gate must know and no database tells.
package struct GateCircumstances: Sendable {
    /// The instances that share the flag file; `nil` if that is not known.
    package var sharers: [GateFigures.Sharer]?
    /// What the flag file says now; `nil` if that is not known.
    package var strategy: Strategy?
    /// The phase that is asked for; `nil` if none is.
    package var target: PromotionPhase?

    package init(sharers: [GateFigures.Sharer]? = nil, strategy: Strategy? = nil, target: PromotionPhase? = nil) {
        self.sharers = sharers
        self.strategy = strategy
        self.target = target
    }
}

extension DivergenceReport {
    /// What the report itself says to the gate.
    fileprivate var gateFigures: GateFigures {
        var figures = GateFigures()
        figures.recordedMinutes = coverage.recordedMinutes
        figures.gapMinutes = coverage.gapMinutes
        figures.compared = compared
        figures.incomparable = incomparable
        figures.candidateMilliseconds = durations.map { Double($0.candidate.p95Microseconds) / 1000 }
        figures.recordedInstances = Set(instances)
        figures.dropped = dropped.values.reduce(0, +)
        figures.unexplained = open.unexplained
        figures.lostWrites = open.lostWrites
        figures.settledUnexplained = open.settledUnexplained
        figures.settledLostWrites = open.settledLostWrites
        figures.bugs = open.bugs
        figures.bugGroups = open.bugGroups
        return figures
    }
}
