import Foundation
import GRDB
package import ParallaxCore

/// One divergence as it was kept.
package struct StoredDivergence: Equatable, Sendable {
    /// What one side said.
    package struct Verdict: Equatable, Sendable {
        /// One window after the decision.
        package struct Use: Equatable, Sendable {
            package let window: Window
            package let used: Int

            package init(window: Window, used: Int) {
                self.window = window
                self.used = used
            }
        }

        /// The window that limited; `nil` if the request was allowed.
        package let limitedBy: String?
        /// Every window of the policy, in its order.
        package let windows: [Use]
        package let retryAfterMilliseconds: Int64
        /// On the side's own clock.
        package let judgedAt: Timestamp?
        package let durationMicroseconds: Int64

        package var isAllowed: Bool { limitedBy == nil }

        /// The window that limited, for people; `nil` if the request was allowed. A report may name none.
        package var limitingWindow: String? { limitedBy.map { $0.isEmpty ? "a window that is not named" : $0 } }
    }

    /// Unique in one database, growing with the order of writing.
    package let id: Int64
    /// The name of the instance that compared.
    package let instance: String
    package let time: Timestamp
    package let organization: String
    package let identifier: String
    package let cost: Int
    package let kind: DivergenceKind
    package let cause: DivergenceCause
    package let enforced: Side
    package let policyFingerprint: UInt64
    package let control: Verdict
    package let candidate: Verdict
    package let evidence: Evidence
    /// What the caller's own limiter said; `nil` if control's verdict is the model's.
    package let reported: Report?
}

extension StoredDivergence {
    /// A reported verdict, and what the model that follows the reports said.
    package struct Report: Equatable, Sendable {
        package let isAllowed: Bool
        /// The caller's name of the window that refused; `nil` if it was allowed or not told.
        package let limitedBy: String?
        /// The process whose memory gave the verdict; `nil` if not told.
        package let instance: String?
        /// The window by which the model would have limited; `nil` if it would have allowed.
        package let modelLimitedBy: String?

        init(isAllowed: Bool, limitedBy: String?, instance: String?, modelLimitedBy: String?) {
            self.isAllowed = isAllowed
            self.limitedBy = limitedBy
            self.instance = instance
            self.modelLimitedBy = modelLimitedBy
        }

        fileprivate init?(_ row: Row) {
            guard let isAllowed = row["reported_allowed"] as Int64? else { return nil }
            self.isAllowed = isAllowed != 0
            limitedBy = (row["reported_limited_by_bytes"] as ExactText?)?.text
            instance = (row["reported_instance_bytes"] as ExactText?)?.text
            let model = row["model_limited_by_bytes"] as ExactText?
            modelLimitedBy = model == .empty ? nil : model?.text
        }
    }
}

extension DivergenceStore {
    /// Single divergences, newest first.
    ///
    /// - Parameters:
    ///   - identifiers: Only divergences of these, as they are stored, which may be as pseudonyms; `nil` takes all.
    ///   - limit: The most that are returned.
    package func divergences(
        _ filter: DivergenceFilter = DivergenceFilter(), of identifiers: [String]? = nil, limit: Int
    ) async throws -> [StoredDivergence] {
        try await read { database in
            let (ids, arguments) = try Self.newestIDs(filter, of: identifiers, limit: limit, in: database)
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT divergence.*, CAST(organization AS BLOB) AS organization_bytes,
                        CAST(identifier AS BLOB) AS identifier_bytes,
                        CAST(control_limited_by AS BLOB) AS control_limited_by_bytes,
                        CAST(candidate_limited_by AS BLOB) AS candidate_limited_by_bytes,
                        CAST(own_limited_by AS BLOB) AS own_limited_by_bytes,
                        CAST(reported_limited_by AS BLOB) AS reported_limited_by_bytes,
                        CAST(reported_instance AS BLOB) AS reported_instance_bytes,
                        CAST(model_limited_by AS BLOB) AS model_limited_by_bytes,
                        (SELECT CAST(name AS BLOB) FROM instance WHERE instance.id = divergence.instance) AS instance_name,
                        (SELECT CAST(windows AS BLOB) FROM policy WHERE fingerprint = policy) AS candidate_windows,
                        (SELECT CAST(windows AS BLOB) FROM policy
                            WHERE fingerprint = coalesce(control_policy, policy)) AS control_windows
                    FROM divergence WHERE id IN (\(ids)) ORDER BY time DESC, id DESC
                    """,
                arguments: arguments)
            var divergences: [StoredDivergence] = []
            while let row = try rows.next() { divergences.append(try StoredDivergence(row)) }
            return divergences
        }
    }

    /// The ids of the newest rows that pass the filter, found by reading only an index.
    private static func newestIDs(
        _ filter: DivergenceFilter, of identifiers: [String]?, limit: Int, in database: Database
    ) throws -> (sql: String, arguments: StatementArguments) {
        var (condition, arguments) = filter.condition(
            time: "time", organization: "organization", kind: "kind", cause: "cause")
        if let identifiers {
            let places = identifiers.map { _ in "CAST(? AS TEXT)" }.joined(separator: ", ")
            condition += " AND identifier IN (\(places))"
            arguments += StatementArguments(identifiers.map { ExactText($0).databaseValue })
        }
        guard filter.organization != nil || filter.kind != nil || filter.cause != nil || identifiers != nil else {
            let sql = "SELECT id FROM divergence WHERE \(condition) ORDER BY time DESC, id DESC LIMIT ?"
            return (sql, arguments + [limit])
        }
        // Of few minutes, looking at every row takes less than a span of hours in the other index.
        if let since = filter.since, let until = filter.until, until - since <= 600_000 {
            let sql = """
                SELECT id FROM divergence INDEXED BY divergence_time
                WHERE \(condition) ORDER BY time DESC, id DESC LIMIT ?
                """
            return (sql, arguments + [limit])
        }
        let sql = """
            SELECT divergence.id FROM \(DivergenceSpans.join)
            WHERE \(condition) ORDER BY time DESC, divergence.id DESC LIMIT ?
            """
        return (sql, [try DivergenceSpans(database, filter).json] + arguments + [limit])
    }
}

extension StoredDivergence {
    fileprivate init(_ row: Row) throws {
        let kind: String = row["kind"]
        let cause: String = row["cause"]
        let enforced: String = row["enforced"]
        guard let kind = DivergenceKind(rawValue: kind), let cause = DivergenceCause(rawValue: cause),
            let enforced = Side(rawValue: enforced)
        else {
            throw DivergenceStoreError(.corrupt, "divergence \(row["id"] as Int64) has an unknown kind, cause or side")
        }
        self.init(
            id: row["id"], instance: (row["instance_name"] as ExactText?)?.text ?? "",
            time: Timestamp(milliseconds: row["time"]),
            organization: (row["organization_bytes"] as ExactText).text,
            identifier: (row["identifier_bytes"] as ExactText).text, cost: row["cost"], kind: kind, cause: cause,
            enforced: enforced, policyFingerprint: UInt64(bitPattern: row["policy"]),
            control: try Verdict(row, side: "control"), candidate: try Verdict(row, side: "candidate"),
            evidence: Evidence(row), reported: Report(row))
    }
}

extension StoredDivergence.Verdict {
    fileprivate init(_ row: Row, side: String) throws {
        let used = CommaSeparated.decode(row["\(side)_used"])
        let windows = try (row["\(side)_windows"] as Data?).map(StoredWindows.decode) ?? []
        self.init(
            limitedBy: (row["\(side)_limited_by_bytes"] as ExactText?)?.text,
            windows: zip(windows, used).map { Use(window: $0, used: $1) },
            retryAfterMilliseconds: row["\(side)_retry_after_ms"],
            judgedAt: (row["\(side)_judged_at"] as Int64?).map(Timestamp.init),
            durationMicroseconds: row["\(side)_duration_us"])
    }
}

extension Evidence {
    fileprivate init(_ row: Row) {
        let ownLimitedBy = row["own_limited_by_bytes"] as ExactText?
        self.init(
            ownUnits: Self.units(row["own_units"]), lostUnits: Self.units(row["lost_units"]),
            controlOnlyUnits: Self.units(row["control_only_units"]),
            candidateOnlyUnits: Self.units(row["candidate_only_units"]),
            ownOutcome: ownLimitedBy.map { $0 == .empty ? .allowed : .limited(by: $0.text) },
            hasSeenOthers: row["others_seen"],
            candidateAskedSince: (row["candidate_asked_since"] as Int64?).map(Timestamp.init),
            clockOffsetMilliseconds: row["clock_offset_ms"],
            controlRemembersSince: (row["control_remembers_since"] as Int64?).map(Timestamp.init),
            controlEvictedAt: (row["control_evicted_at"] as Int64?).map(Timestamp.init),
            controlAlgorithm: LimiterAlgorithm(rawValue: row["control_algorithm"]) ?? .slidingLog,
            controlPolicyFingerprint: (row["control_policy"] as Int64?).map { UInt64(bitPattern: $0) })
    }

    private static func units(_ text: String?) -> [Int] { text.map(CommaSeparated.decode) ?? [] }
}
