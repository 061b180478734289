import Foundation
import GRDB
import Glibc
package import ParallaxCore
import Synchronization

extension DivergenceStore {
    /// Which database this is: random, and the same in all its copies.
    package func storeID() async throws -> String {
        try await read { try String.fetchOne($0, sql: "SELECT store_id FROM store") ?? "" }
    }

    /// When the records end, if this is a copy of a live database without its `-wal`; `nil` if it is whole.
    ///
    /// A process that writes says so in the database file itself, and takes it back when it ends. If it has not, and
    /// there was no `-wal` next to the file when it was opened, the last commits are missing.
    package var endIfIncomplete: Timestamp? { state.withLock { $0.endIfIncomplete } }

    /// Notes that starts have ended which have not said so: all, or those that a condition names.
    static func endStarts(
        in database: Database, where condition: String = "TRUE", _ arguments: StatementArguments = []
    ) throws {
        try database.execute(
            sql: "UPDATE instance SET closed_at = last_flush_at WHERE closed_at IS NULL AND (\(condition))",
            arguments: arguments)
    }

    /// Writes a consistent copy, also while the database is in use: one file without `-wal`, open to this user only.
    ///
    /// Nothing is at the path before the copy is whole, and what is there already is never replaced.
    ///
    /// - Throws: ``DivergenceStoreError``.
    package func backUp(to destination: String) throws {
        let draft = destination + ".\(UUID().uuidString).draft"
        let descriptor = Glibc.open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DivergenceStoreError(
                .unreadable,
                "\(destination) cannot be written (\(String(cString: strerror(errno)))); name a file in a folder that this user may write"
            )
        }
        Glibc.close(descriptor)
        defer { for ending in ["", "-wal", "-shm", "-journal"] { unlink(draft + ending) } }
        do {
            let copy = try DatabaseQueue(path: draft)
            try pool.backup(to: copy)
            // Of the copy nothing is missing.
            try copy.write { try Self.endStarts(in: $0) }
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try copy.close()
        } catch {
            throw DivergenceStoreError(error, path: draft)
        }
        guard FileMove.move(draft, to: destination) else {
            throw DivergenceStoreError(
                .exists,
                errno == EEXIST
                    ? "\(destination) exists already; name another file"
                    : "\(destination) cannot be made (\(String(cString: strerror(errno))))")
        }
    }
}
