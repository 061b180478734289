import Crypto
import Foundation
import GRDB
import ParallaxCore

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
