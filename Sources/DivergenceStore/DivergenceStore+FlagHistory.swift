import Crypto
import Foundation
import GRDB
package import ParallaxCore

/// One row of the flag history.
package struct FlagHistoryEntry: Equatable, Sendable {
    /// 1 for the first change, then without gaps.
    package let sequence: Int64
    package let change: FlagChange
    /// The hash of the row before, 64 zeros before the first; and this row's, which covers everything in it. SHA-256 in
    /// lower-case hexadecimal.
    package let previousHash: String
    package let hash: String
}

/// Where the chain of the flag history is broken.
package struct FlagHistoryBreak: Equatable, Sendable {
    package enum Fault: String, Sendable {
        /// A row before this one is gone.
        case missingRow = "missing_row"
        /// The row does not follow from the one before it.
        case wrongPreviousHash = "wrong_previous_hash"
        /// The row is not what was written.
        case changedRow = "changed_row"
    }

    package let sequence: Int64
    package let fault: Fault
}

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

/// One row of the flag history as it is stored, with the hash that covers it.
struct FlagHistoryRow: Sendable {
    static let hashBeforeTheFirst = String(repeating: "0", count: 64)

    let sequence: Int64
    let time: Int64
    let by: String
    let reason: String
    let from: String?
    let to: String
    let contentHash: String
    let previousHash: String
    let hash: String

    /// Makes the row that follows another, or the first.
    init(_ change: FlagChange, after previous: FlagHistoryRow?) throws {
        sequence = (previous?.sequence ?? 0) + 1
        time = change.time.milliseconds
        by = change.by
        reason = change.reason
        from = try change.from.map(StoredFlags.encode)
        to = try StoredFlags.encode(change.to)
        contentHash = change.contentHash
        previousHash = previous?.hash ?? Self.hashBeforeTheFirst
        hash = Self.makeHash(
            ["\(sequence)", "\(time)", by, reason, from, to, contentHash, previousHash])
    }

    init(_ row: Row) {
        sequence = row["sequence"]
        time = row["time"]
        by = (row["changed_by"] as ExactText).text
        reason = (row["reason"] as ExactText).text
        from = row["from_values"]
        to = row["to_values"]
        contentHash = row["content_hash"]
        previousHash = row["previous_hash"]
        hash = row["hash"]
    }

    /// The hash that the row should have.
    var expectedHash: String {
        Self.makeHash(["\(sequence)", "\(time)", by, reason, from, to, contentHash, previousHash])
    }

    func makeEntry() throws -> FlagHistoryEntry {
        let change = FlagChange(
            time: Timestamp(milliseconds: time), by: by, reason: reason, from: try from.map(StoredFlags.decode),
            to: try StoredFlags.decode(to), contentHash: contentHash)
        return FlagHistoryEntry(sequence: sequence, change: change, previousHash: previousHash, hash: hash)
    }

    /// SHA-256 over the fields, each with its length before it, so that no two rows give the same bytes.
    private static func makeHash(_ fields: [String?]) -> String {
        var hash = SHA256()
        for field in fields {
            let bytes = field.map { Data($0.utf8) }
            hash.update(data: Data("\(bytes.map { "\($0.count)" } ?? "-"):".utf8))
            hash.update(data: bytes ?? Data())
        }
        return Hexadecimal.encode(hash.finalize())
    }
}

/// The flags' values as JSON, with the names that the flag file gives them.
enum StoredFlags {
    private struct Values: Codable {
        enum CodingKeys: String, CodingKey {
            case distributedEnabled = "DISTRIBUTED_RATE_LIMITING_ENABLED"
            case hybrid = "HYBRID_RATE_LIMITING"
            case failOpen = "FAIL_OPEN_ON_REDIS_ERROR"
            case enforcementPercent = "DISTRIBUTED_ENFORCEMENT_PERCENT"
        }

        let distributedEnabled: Bool
        let hybrid: Bool
        let failOpen: Bool
        let enforcementPercent: Double
    }

    /// The same values always give the same text: hashes rest on it.
    static func encode(_ flags: FlagValues) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let values = Values(
            distributedEnabled: flags.distributedEnabled, hybrid: flags.hybrid, failOpen: flags.failOpen,
            enforcementPercent: flags.enforcementPercent)
        return String(decoding: try encoder.encode(values), as: UTF8.self)
    }

    static func decode(_ text: String) throws -> FlagValues {
        let values = try JSONDecoder().decode(Values.self, from: Data(text.utf8))
        return FlagValues(
            distributedEnabled: values.distributedEnabled, hybrid: values.hybrid, failOpen: values.failOpen,
            enforcementPercent: values.enforcementPercent)
    }
}
