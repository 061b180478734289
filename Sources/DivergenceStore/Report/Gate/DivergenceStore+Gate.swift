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
        var inputs = report.gateInputs
        inputs.sharers = circumstances.sharers
        inputs.strategy = circumstances.strategy
        inputs.target = circumstances.target
        let end = (report.to ?? now) + 60_000
        let period = (report.from ?? end)..<end
        for store in stores {
            inputs = try await store.read { [inputs] database in
                var inputs = inputs
                try GateReader(database: database, period: period).add(to: &inputs)
                return inputs
            }
            let drill = try await StoredRollbackRecord(store: store).loadDrill()
            inputs.lastDrill = [inputs.lastDrill, drill].compactMap(\.self).max { $0.time < $1.time }
        }
        return Gate(inputs, settings: settings, now: now)
    }
}

/// What the gate must know and no database tells.
package struct GateCircumstances: Sendable {
    /// The instances that share the flag file; `nil` if that is not known.
    package var sharers: [GateInputs.Sharer]?
    /// What the flag file says now; `nil` if that is not known.
    package var strategy: Strategy?
    /// The phase that is asked for; `nil` if none is.
    package var target: PromotionPhase?

    package init(sharers: [GateInputs.Sharer]? = nil, strategy: Strategy? = nil, target: PromotionPhase? = nil) {
        self.sharers = sharers
        self.strategy = strategy
        self.target = target
    }
}

extension DivergenceReport {
    /// What the report itself says to the gate.
    fileprivate var gateInputs: GateInputs {
        var inputs = GateInputs()
        inputs.recordedMinutes = coverage.recordedMinutes
        inputs.gapMinutes = coverage.gapMinutes
        inputs.compared = compared
        inputs.incomparable = incomparable
        inputs.candidateMilliseconds = durations.map { Double($0.candidate.p95Microseconds) / 1000 }
        inputs.recordedInstances = Set(instances)
        inputs.dropped = dropped.values.reduce(0, +)
        inputs.unexplained = open.unexplained
        inputs.lostWrites = open.lostWrites
        inputs.settledUnexplained = open.settledUnexplained
        inputs.settledLostWrites = open.settledLostWrites
        inputs.bugs = open.bugs
        inputs.bugGroups = open.bugGroups
        return inputs
    }
}
