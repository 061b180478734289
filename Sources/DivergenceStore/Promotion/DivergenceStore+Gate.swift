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
            let drill = try await SQLiteRollbackStore(store: store).loadDrill()
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

extension DivergenceStore {
    /// What one database's rollback evaluator says to the gate about a period.
    struct GateReader {
        let database: Database
        /// From the first to the end of the last minute that the report speaks of.
        let period: Range<Timestamp>

        func add(to inputs: inout GateInputs) throws {
            let readings = try triggers()
            if readings.isEmpty { inputs.unwatchedDatabases += 1 }
            inputs.triggers += readings
            inputs.rollbacks += try rollbacks()
        }

        /// The newest verdict of every trigger before the period's end.
        private func triggers() throws -> [GateInputs.TriggerReading] {
            let recordedUntil = try lastFlush()
            return try Trigger.allCases.compactMap { trigger in
                let row = try Row.fetchOne(
                    database,
                    sql: """
                        SELECT \(Evaluation.columns) FROM evaluation
                        WHERE trigger_name = ? AND evaluation.time < ? ORDER BY evaluation.time DESC, id DESC LIMIT 1
                        """,
                    arguments: [trigger.rawValue, period.upperBound.milliseconds])
                guard let evaluation = try row.map(Evaluation.init) else { return nil }
                let times = evaluation.serviceTimes
                return .init(
                    trigger: trigger, state: evaluation.state, time: evaluation.time, sentence: evaluation.sentence,
                    recordedUntil: min(recordedUntil, period.upperBound), isInPlay: evaluation.isInPlay,
                    armed: evaluation.isArmed, hasBaseline: times?.baselineHolds == true,
                    baselineSecondsLeft: times?.baselineSecondsLeft ?? 0, hasHoldout: times?.heldOutSamples != nil,
                    clearsAt: evaluation.clearsAt,
                    limitMilliseconds: (times?.quantiles?.limit).map { $0 / .milliseconds(1) })
            }
        }

        private func lastFlush() throws -> Timestamp {
            let milliseconds = try Int64.fetchOne(
                database, sql: "SELECT MAX(last_flush_at) FROM instance WHERE started_at < ?",
                arguments: [period.upperBound.milliseconds])
            return milliseconds.map(Timestamp.init) ?? period.lowerBound
        }

        /// Those that are not acknowledged, and dry runs within the period.
        private func rollbacks() throws -> [GateInputs.RollbackReading] {
            try Row.fetchAll(
                database,
                sql: """
                    SELECT trigger_name, time, is_dry_run FROM rollback_event
                    WHERE time < ?2 AND CASE WHEN is_dry_run THEN time >= ?1 ELSE acknowledged_at IS NULL END
                    ORDER BY id DESC LIMIT 100
                    """,
                arguments: [period.lowerBound.milliseconds, period.upperBound.milliseconds]
            ).compactMap { row in
                Trigger(rawValue: row[0]).map {
                    .init(trigger: $0, time: Timestamp(milliseconds: row[1]), isDryRun: row[2])
                }
            }
        }
    }
}
