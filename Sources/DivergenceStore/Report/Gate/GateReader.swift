import GRDB
import ParallaxCore

/// What one database's watchdog says to the gate about a period.
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
