import GRDB
package import ParallaxCore

extension DivergenceStore: FlagHistory {
    /// Adds a change to the flag history, unless the newest row has the same content already, or any row the same
    /// content and time: several instances see the same change of one file, and not all at once.
    ///
    /// - Returns: Whether it was added.
    @discardableResult
    package func append(_ change: FlagChange) throws -> Bool {
        try writeDurablyAndWait { database in
            let newest = try Self.fetchFlagHistory(database, order: "DESC", limit: 1).first
            guard newest?.contentHash != change.contentHash else { return false }
            // An instance that lags behind sees late what another has put here already.
            let isKnown = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM flag_history WHERE content_hash = ? AND time = ?)",
                arguments: [change.contentHash, change.time.milliseconds])
            guard isKnown != true else { return false }
            let row = try FlagHistoryRow(change, after: newest)
            try database.execute(
                sql: """
                    INSERT INTO flag_history (
                        sequence, time, changed_by, reason, from_values, to_values, content_hash, previous_hash, hash
                    ) VALUES (?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    row.sequence, row.time, ExactText(row.by), ExactText(row.reason), row.from, row.to, row.contentHash,
                    row.previousHash, row.hash,
                ])
            return true
        }
    }

    package func newest() throws -> FlagChange? {
        try readAndWait { try Self.fetchFlagHistory($0, order: "DESC", limit: 1).first?.makeEntry().change }
    }

    /// The newest changes first.
    package func flagHistory(limit: Int) async throws -> [FlagHistoryEntry] {
        try await read { database in
            try Self.fetchFlagHistory(database, order: "DESC", limit: limit).map { try $0.makeEntry() }
        }
    }

    /// One change; `nil` if there is none of that number.
    package func flagHistoryEntry(_ sequence: Int64) async throws -> FlagHistoryEntry? {
        try await read { database in
            try Self.fetchFlagHistory(database, order: "ASC", limit: 1, from: sequence).first
                .flatMap { $0.sequence == sequence ? try $0.makeEntry() : nil }
        }
    }

    /// Follows the chain of hashes from the first row on.
    ///
    /// A chain shows every row that was changed, put in, or taken out of its middle. Rows taken off its end leave no
    /// trace in it; who needs that compares the newest hash with a copy kept elsewhere.
    ///
    /// - Returns: The first broken row; `nil` if all is well.
    package func verifyFlagHistory() async throws -> FlagHistoryBreak? {
        try await read { database in
            var sequence: Int64 = 1
            var previousHash = FlagHistoryRow.hashBeforeTheFirst
            for row in try Self.fetchFlagHistory(database, order: "ASC", limit: -1) {
                guard row.sequence == sequence else { return .init(sequence: row.sequence, fault: .missingRow) }
                guard row.hash == row.expectedHash else { return .init(sequence: sequence, fault: .changedRow) }
                guard row.previousHash == previousHash else {
                    return .init(sequence: sequence, fault: .wrongPreviousHash)
                }
                sequence += 1
                previousHash = row.hash
            }
            return nil
        }
    }

    /// - Parameters:
    ///   - limit: Negative for all.
    ///   - sequence: The lowest.
    private static func fetchFlagHistory(
        _ database: Database, order: String, limit: Int, from sequence: Int64 = 0
    ) throws -> [FlagHistoryRow] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT sequence, time, CAST(changed_by AS BLOB) AS changed_by, CAST(reason AS BLOB) AS reason,
                    from_values, to_values, content_hash, previous_hash, hash
                FROM flag_history WHERE sequence >= ? ORDER BY sequence \(order) LIMIT ?
                """,
            arguments: [sequence, limit]
        ).map(FlagHistoryRow.init)
    }
}
