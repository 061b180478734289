import GRDB
package import ParallaxCore

/// A rollback with the number that acknowledges it.
package struct StoredRollback: Equatable, Sendable {
    package let id: Int64
    package let rollback: Rollback
}

extension DivergenceStore {
    /// Which rollbacks a person has seen.
    package enum AcknowledgedRollbacks: Equatable, Sendable {
        case all
        case one(Int64)
    }
}

extension DivergenceStore {
    /// Keeps a rollback with its whole evidence, on the disk when this returns.
    ///
    /// - Returns: Its id.
    @discardableResult
    package func record(_ rollback: Rollback) async throws -> Int64 {
        try await writeDurably { try Self.insert(rollback, in: $0) }
    }

    static func insert(_ rollback: Rollback, in database: Database) throws -> Int64 {
        var values = try rollback.evaluation.values()
        values.append(rollback.isDryRun.databaseValue)
        values.append(try StoredFlags.encode(rollback.flagsBefore).databaseValue)
        values.append(try StoredFlags.encode(rollback.flagsAfter).databaseValue)
        values.append(rollback.acknowledgement?.time.milliseconds.databaseValue ?? .null)
        values.append((rollback.acknowledgement?.by).map(ExactText.init)?.databaseValue ?? .null)
        values.append((rollback.acknowledgement?.reason).map(ExactText.init)?.databaseValue ?? .null)
        try database.execute(
            sql: """
                INSERT INTO rollback_event (
                    time, trigger_name, state, figures, sentence, is_dry_run, flags_before, flags_after,
                    acknowledged_at, acknowledged_by, acknowledgement_reason
                ) VALUES (?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT))
                """,
            arguments: StatementArguments(values))
        return database.lastInsertedRowID
    }

    /// The newest rollbacks first, dry runs among them.
    package func rollbacks(limit: Int) async throws -> [StoredRollback] {
        try await read { try Self.fetchRollbacks($0, where: "TRUE", limit: limit) }
    }

    /// The newest rollback that no person has acknowledged; dry runs need none.
    package func latestUnacknowledgedRollback() async throws -> StoredRollback? {
        try await read {
            try Self.fetchRollbacks($0, where: "acknowledged_at IS NULL AND NOT is_dry_run", limit: 1).first
        }
    }

    /// Notes that a person has seen rollbacks. The first acknowledgement of each stays.
    ///
    /// - Returns: How many were not acknowledged before.
    /// - Throws: ``DivergenceStoreError`` with code `notFound` if there is no rollback of that id.
    @discardableResult
    package func acknowledge(
        _ rollbacks: AcknowledgedRollbacks, _ acknowledgement: Acknowledgement
    ) async throws -> Int {
        try await writeDurably { database in
            var arguments: StatementArguments = [
                acknowledgement.time.milliseconds, ExactText(acknowledgement.by), ExactText(acknowledgement.reason),
            ]
            var condition = "acknowledged_at IS NULL"
            if case .one(let id) = rollbacks {
                try Self.requireRollback(id, in: database)
                condition += " AND id = ?"
                arguments += [id]
            }
            try database.execute(
                sql: """
                    UPDATE rollback_event SET acknowledged_at = ?, acknowledged_by = CAST(? AS TEXT),
                        acknowledgement_reason = CAST(? AS TEXT)
                    WHERE \(condition)
                    """,
                arguments: arguments)
            return database.changesCount
        }
    }

    /// Notes an acknowledgement with every rollback up to a time that has none.
    static func acknowledge(
        until time: Timestamp, _ acknowledgement: Acknowledgement, in database: Database
    ) throws {
        try database.execute(
            sql: """
                UPDATE rollback_event SET acknowledged_at = ?, acknowledged_by = CAST(? AS TEXT),
                    acknowledgement_reason = CAST(? AS TEXT)
                WHERE acknowledged_at IS NULL AND time <= ?
                """,
            arguments: [
                acknowledgement.time.milliseconds, ExactText(acknowledgement.by), ExactText(acknowledgement.reason),
                time.milliseconds,
            ])
    }

    private static func requireRollback(_ id: Int64, in database: Database) throws {
        let exists = try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM rollback_event WHERE id = ?)", arguments: [id])!
        guard exists else {
            throw DivergenceStoreError(
                .notFound, "there is no rollback \(id); `parallax rollback history` lists those that are")
        }
    }

    private static func fetchRollbacks(
        _ database: Database, where condition: String, limit: Int
    ) throws -> [StoredRollback] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT id, is_dry_run, flags_before, flags_after, acknowledged_at,
                    CAST(acknowledged_by AS BLOB) AS acknowledged_by,
                    CAST(acknowledgement_reason AS BLOB) AS acknowledgement_reason, \(Evaluation.columns)
                FROM rollback_event WHERE \(condition) ORDER BY id DESC LIMIT ?
                """,
            arguments: [limit]
        ).map { StoredRollback(id: $0["id"], rollback: try Rollback($0)) }
    }
}

extension Rollback {
    fileprivate init(_ row: Row) throws {
        var acknowledgement: Acknowledgement?
        if let time: Int64 = row["acknowledged_at"], let by: ExactText = row["acknowledged_by"],
            let reason: ExactText = row["acknowledgement_reason"]
        {
            acknowledgement = Acknowledgement(time: Timestamp(milliseconds: time), by: by.text, reason: reason.text)
        }
        self.init(
            evaluation: try Evaluation(row), isDryRun: row["is_dry_run"],
            flagsBefore: try StoredFlags.decode(row["flags_before"]),
            flagsAfter: try StoredFlags.decode(row["flags_after"]), acknowledgement: acknowledgement)
    }
}

extension DivergenceStore {
    /// Whether another program has held the database's write lock for a second, so that what a service has to note is
    /// not in it yet.
    ///
    /// Only a connection that may write can ask. It changes nothing: the last connection to close would move the `-wal`
    /// into the file, and this store's own stay open.
    package var isWriteLocked: Bool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(1)
        guard let queue = try? DatabaseQueue(path: path, configuration: configuration) else { return false }
        do {
            try queue.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE; ROLLBACK") }
            return false
        } catch {
            return (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
        }
    }
}
