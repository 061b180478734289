import Foundation
import GRDB
import ParallaxCore

/// Writes a batch's counts and rows: the only place that knows the columns of what the recorder writes.
struct BatchWriter {
    private let database: Database
    private var identifiers: StoredIdentifiers

    /// - Parameter pseudonyms: What stands instead of identifiers; `nil` if they are stored as they are.
    init(database: Database, pseudonyms: Pseudonyms? = nil) {
        self.database = database
        identifiers = StoredIdentifiers(pseudonyms)
    }

    /// - Parameter instance: Gives the id in `instance` of a row, by its place among the batch's.
    /// - Returns: The number of rows written.
    mutating func write(_ batch: RecordBatch, instance: (Int) -> Int64) throws -> Int {
        var stored: [TotalKey: Int] = [:]
        try writePolicies(of: batch)
        let insert = try database.cachedStatement(sql: Self.insertDivergence)
        for (place, row) in batch.rows.enumerated() {
            // A row whose comparison is counted as dropped must not turn up all the same.
            guard let key = batch.key(of: row) else { continue }
            let identity = row.comparison.identity
            let identifier = identifiers.name(
                organization: ExactText(identity.organization), identifier: ExactText(identity.identifier))
            var values = StatementValues(insert)
            row.append(to: &values, instance: instance(place), identifier: identifier)
            try insert.execute()
            stored[key, default: 0] += 1
        }
        try writeTotals(batch.totals, stored: stored)
        try writeVolumes(batch.volumes)
        try writeNoise(batch.noise)
        try writeReports(batch.reports)
        try writeDurations(batch.durations)
        try writeDrops(batch.drops)
        return stored.values.reduce(0, +)
    }

    private func writeTotals(_ totals: [TotalKey: Total], stored: [TotalKey: Int]) throws {
        let upsert = try database.cachedStatement(sql: Self.upsertTotal)
        // In the order of the table, as far as it costs nothing to know: neighbours lie on one page.
        for (key, total) in totals.sorted(by: { $0.key.minute < $1.key.minute }) {
            let columns = key.outcome.columns
            var values = StatementValues(upsert)
            values.append(key.minute.milliseconds)
            values.append(columns.outcome.rawValue)
            values.append(columns.detail)
            values.append(columns.cause)
            values.append(key.organization)
            for count in [
                total.requests, stored[key, default: 0], total.controlAllowed, total.controlLimited,
                total.candidateAllowed, total.candidateLimited, total.controlUnits, total.candidateUnits,
            ] {
                values.append(count)
            }
            try upsert.execute()
        }
    }

    private func writeNoise(_ noise: [Timestamp: NoiseFloor]) throws {
        for (minute, noise) in noise {
            try database.execute(
                sql: """
                    INSERT INTO noise (minute, compared, diverged) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET
                        compared = compared + excluded.compared, diverged = diverged + excluded.diverged
                    """,
                arguments: [minute.milliseconds, noise.compared, noise.diverged])
        }
    }

    private func writeReports(_ reports: [ReportedKey: ReportedCounts]) throws {
        let names = ReportedCounts.columnNames
        let upsert = try database.cachedStatement(
            sql: """
                INSERT INTO reported (minute, organization, \(names.joined(separator: ", ")))
                VALUES (?, ?\(String(repeating: ", ?", count: names.count)))
                ON CONFLICT DO UPDATE SET \(names.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
                """)
        for (key, counts) in reports {
            var values = StatementValues(upsert)
            values.append(key.minute.milliseconds)
            values.append(key.organization)
            for count in counts.columns { values.append(count) }
            try upsert.execute()
        }
    }

    private func writeDurations(_ durations: [Timestamp: SideDurations]) throws {
        let upsert = try database.cachedStatement(
            sql: """
                INSERT INTO duration (minute, side, bucket, requests) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET requests = requests + excluded.requests
                """)
        for (minute, sides) in durations {
            for (side, histogram) in [(Side.candidate, sides.candidate), (.control, sides.control)] {
                for (bucket, requests) in histogram.counts.enumerated() where requests > 0 {
                    try upsert.execute(
                        arguments: [minute.milliseconds, side.rawValue, bucket, Int64(requests)])
                }
            }
        }
    }

    private func writeDrops(_ drops: [DropKey: Int]) throws {
        let upsert = try database.cachedStatement(
            sql: """
                INSERT INTO dropped (minute, subject, reason, count) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET count = count + excluded.count
                """)
        for (key, count) in drops {
            try upsert.execute(
                arguments: [key.minute.milliseconds, key.subject.rawValue, key.reason.rawValue, count])
        }
    }

    private mutating func writeVolumes(_ volumes: [VolumeKey: Volume]) throws {
        let upsert = try database.cachedStatement(sql: Self.upsertVolume)
        for (key, volume) in volumes {
            let identifier = identifiers.name(organization: key.organization, identifier: key.identifier)
            var values = StatementValues(upsert)
            values.append(key.minute.milliseconds)
            values.append(key.organization)
            values.append(identifier)
            values.append(Int64(bitPattern: key.policy))
            for count in [
                volume.requests, volume.seconds, volume.controlOnlyUnits, volume.candidateOnlyUnits,
                volume.newlyLimited,
            ] {
                values.append(count)
            }
            try upsert.execute()
        }
    }

    /// Names the windows behind every fingerprint of the rows and volumes.
    private func writePolicies(of batch: RecordBatch) throws {
        var windows: [UInt64: [Window]] = [:]
        for (key, volume) in batch.volumes where windows[key.policy] == nil { windows[key.policy] = volume.windows }
        for comparison in batch.rows.lazy.map(\.comparison) {
            if windows[comparison.policyFingerprint] == nil {
                windows[comparison.policyFingerprint] = comparison.candidate.decision.windows.map(\.window)
            }
            if windows[comparison.controlPolicyFingerprint] == nil {
                windows[comparison.controlPolicyFingerprint] = comparison.control.decision.windows.map(\.window)
            }
        }
        for (fingerprint, windows) in windows {
            try database.execute(
                sql: "INSERT INTO policy (fingerprint, windows) VALUES (?, CAST(? AS TEXT)) ON CONFLICT DO NOTHING",
                arguments: [Int64(bitPattern: fingerprint), try StoredWindows.encode(windows)])
        }
    }

    private static let upsertTotal = """
        INSERT INTO total (
            minute, outcome, detail, cause, organization, requests, stored,
            control_allowed, control_limited, candidate_allowed, candidate_limited, control_units, candidate_units
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
            requests = requests + excluded.requests,
            stored = stored + excluded.stored,
            control_allowed = control_allowed + excluded.control_allowed,
            control_limited = control_limited + excluded.control_limited,
            candidate_allowed = candidate_allowed + excluded.candidate_allowed,
            candidate_limited = candidate_limited + excluded.candidate_limited,
            control_units = control_units + excluded.control_units,
            candidate_units = candidate_units + excluded.candidate_units
        """

    private static let upsertVolume = """
        INSERT INTO volume (
            minute, organization, identifier, policy, requests, seconds, control_only_units, candidate_only_units,
            newly_limited
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
            requests = requests + excluded.requests,
            seconds = min(60, seconds + excluded.seconds),
            control_only_units = control_only_units + excluded.control_only_units,
            candidate_only_units = candidate_only_units + excluded.candidate_only_units,
            newly_limited = newly_limited + excluded.newly_limited
        """

    private static let insertDivergence = """
        INSERT INTO divergence (
            instance, time, organization, identifier, cost, kind, cause, enforced, policy,
            control_limited_by, control_used, control_retry_after_ms, control_judged_at, control_duration_us,
            candidate_limited_by, candidate_used, candidate_retry_after_ms, candidate_judged_at, candidate_duration_us,
            own_units, clock_offset_ms, control_remembers_since, control_evicted_at, control_algorithm, control_policy,
            lost_units, control_only_units, candidate_only_units, others_seen, candidate_asked_since, own_limited_by,
            reported_allowed, reported_limited_by, reported_instance, model_limited_by
        ) VALUES (
            ?, ?, ?, ?, ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?, ?,
            ?, ?, ?, ?, ?, ?,
            ?, ?, ?, ?
        )
        """
}

extension BufferedRow {
    /// Appends the values of a row in `divergence`, in the order of its insert.
    ///
    /// - Parameter identifier: What the identity's is stored as.
    func append(to values: inout StatementValues, instance: Int64, identifier: ExactText) {
        values.append(instance)
        values.append(comparison.time.milliseconds)
        values.append(comparison.identity.organization)
        values.append(identifier)
        values.append(comparison.cost)
        values.append(kind.rawValue)
        values.append(cause.rawValue)
        values.append(comparison.enforced.rawValue)
        values.append(Int64(bitPattern: comparison.policyFingerprint))
        append(comparison.control, to: &values)
        append(comparison.candidate, to: &values)
        append(comparison.evidence, to: &values)
        append(comparison.reported, to: &values)
    }

    private func append(_ reported: ReportedControl?, to values: inout StatementValues) {
        guard let reported else {
            for _ in 0..<4 { values.appendNull() }
            return
        }
        values.append(reported.verdict.isAllowed ? 1 : 0)
        append(reported.verdict.limitedBy, to: &values)
        append(reported.verdict.instance, to: &values)
        if case .limited(let window) = reported.model.outcome {
            values.append(window)
        } else {
            values.append(ExactText.empty)
        }
    }

    private func append(_ text: String?, to values: inout StatementValues) {
        if let text { values.append(text) } else { values.appendNull() }
    }

    private func append(_ observation: Observation, to values: inout StatementValues) {
        let decision = observation.decision
        if case .limited(let window) = decision.outcome {
            values.append(window)
        } else {
            values.appendNull()
        }
        values.append(CommaSeparated.encode(decision.windows.lazy.map { $0.used }))
        values.append(decision.retryAfterMilliseconds)
        values.append(decision.judgedAt?.milliseconds)
        values.append(observation.duration.wholeMicroseconds)
    }

    private func append(_ evidence: Evidence, to values: inout StatementValues) {
        append(evidence.ownUnits, unless: evidence.ownUnits.isEmpty, to: &values)
        values.append(evidence.clockOffsetMilliseconds)
        values.append(evidence.controlRemembersSince?.milliseconds)
        values.append(evidence.controlEvictedAt?.milliseconds)
        values.append(evidence.controlAlgorithm.rawValue)
        values.append(evidence.controlPolicyFingerprint.map { Int64(bitPattern: $0) })
        for units in [evidence.lostUnits, evidence.controlOnlyUnits, evidence.candidateOnlyUnits] {
            append(units, unless: units.allSatisfy { $0 == 0 }, to: &values)
        }
        values.append(evidence.hasSeenOthers ? 1 : 0)
        values.append(evidence.candidateAskedSince?.milliseconds)
        switch evidence.ownOutcome {
        case .limited(let window): values.append(window)
        case .allowed: values.append(ExactText.empty)
        case .unavailable, nil: values.appendNull()
        }
    }

    private func append(_ units: [Int], unless isNothing: Bool, to values: inout StatementValues) {
        if isNothing { values.appendNull() } else { values.append(CommaSeparated.encode(units)) }
    }
}

extension Comparison {
    /// The policy that control was held to.
    var controlPolicyFingerprint: UInt64 { evidence.controlPolicyFingerprint ?? policyFingerprint }
}

extension Duration {
    var wholeMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
