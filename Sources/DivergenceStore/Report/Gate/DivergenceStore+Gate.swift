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
    ///   - now: The time on the wall, for the age of the last drill.
    package static func gate(
        _ report: DivergenceReport, of stores: [DivergenceStore], settings: GateSettings = GateSettings(),
        now: Timestamp
    ) async throws -> Gate {
        var figures = report.gateFigures
        let end = (report.to ?? now) + 60_000
        let period = (report.from ?? end)..<end
        for store in stores {
            figures = try await store.read { [figures] database in
                var figures = figures
                try GateReader(database: database, period: period).add(to: &figures)
                return figures
            }
            let drill = try await StoredRollbackRecord(store: store).loadDrill()?.time
            figures.lastDrill = [figures.lastDrill, drill].compactMap(\.self).max()
        }
        return Gate(figures, settings: settings, now: now)
    }
}

extension DivergenceReport {
    /// What the report itself says to the gate.
    fileprivate var gateFigures: GateFigures {
        var figures = GateFigures()
        figures.recordedMinutes = coverage.recordedMinutes
        figures.gapMinutes = coverage.gapMinutes
        figures.compared = compared
        figures.incomparable = incomparable.values.reduce(0, +)
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
