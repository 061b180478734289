import Foundation
import Glibc
import GRDB
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
    package var endOfIncompleteRecords: Timestamp? { state.withLock { $0.endOfIncompleteRecords } }

    /// Notes that starts have ended which have not said so: all, or those that a condition names.
    static func markInstancesClosed(
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
            try copy.write { try Self.markInstancesClosed(in: $0) }
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

/// Gives files other names, and never replaces one that is there.
enum FileMove {
    /// - Parameter link: Makes a hard link, as the system does.
    /// - Returns: Whether it has the new name; if not, `errno` says why.
    static func move(
        _ path: String, to destination: String,
        link: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> CInt = Glibc.link
    ) -> Bool {
        // A link, unlike a renaming, never replaces a file that is there.
        if link(path, destination) == 0 {
            return unlink(path) == 0 || giveUp(destination)
        }
        guard errno != EEXIST, errno != ENOENT else { return false }
        // Many file systems have no hard links, as that of most USB sticks: an empty file takes the name first.
        let descriptor = open(destination, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return rename(path, destination) == 0 || giveUp(destination)
    }

    private static func giveUp(_ destination: String) -> Bool {
        let reason = errno
        unlink(destination)
        errno = reason
        return false
    }
}

/// Makes room for a new database without losing anything of a damaged one.
enum DamagedDatabase {
    /// Gives the database and what belongs to it other names in the same folder. If that fails, it stays as it was.
    ///
    /// - Returns: The database's new path.
    /// - Throws: ``DivergenceStoreError`` if the folder may not be written.
    static func moveAside(_ path: String, now: Timestamp) throws -> String {
        let base = "\(path).damaged-\(now.milliseconds)"
        // The database first: without its -wal it would be opened as one that lacks its last commits.
        var moved: [String] = []
        for ending in ["", "-wal", "-shm"] {
            guard FileMove.move(path + ending, to: base + ending) else {
                let reason = errno
                if reason == ENOENT, !ending.isEmpty { continue }
                for ending in moved.reversed() { _ = FileMove.move(base + ending, to: path + ending) }
                throw DivergenceStoreError(
                    .readOnly,
                    "the damaged database \(path) cannot be moved aside (\(String(cString: strerror(reason)))); move it away yourself, or let the service's user write the folder"
                )
            }
            moved.append(ending)
        }
        return base
    }
}
