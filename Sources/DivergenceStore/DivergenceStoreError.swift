import Foundation
import GRDB

/// Why the store could not be opened, read or written.
package struct DivergenceStoreError: Error, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// There is no file at the path, and this opening makes none.
        case missing
        /// The file cannot be opened: a folder, or no right to it.
        case unreadable
        /// The file is not an SQLite database.
        case notADatabase = "not_a_database"
        /// The file is an SQLite database of another program.
        case foreign
        /// The file is damaged.
        case corrupt
        /// A migration has another text than when it was applied.
        case changedMigration = "changed_migration"
        /// A newer version of Parallax has written the file.
        case newerSchema = "newer_schema"
        /// The schema is older than this version's, and a reader changes none.
        case olderSchema = "older_schema"
        /// A migration's SQL failed.
        case failedMigration = "failed_migration"
        /// Another connection held the database locked for too long.
        case locked
        /// No space is left.
        case diskFull = "disk_full"
        /// The file or its folder may not be written.
        case readOnly = "read_only"
        /// Reading or writing the file failed.
        case inputOutput = "input_output"
        /// There is no such row.
        case notFound = "not_found"
        /// The same database was named twice.
        case repeated
        /// The file does not have the tables or values that it should have.
        case altered
        /// A file that is to be made is there already.
        case exists
        /// It is not open yet.
        case unopened
        /// It was closed, since the process ends.
        case ended
        /// It was removed, renamed, replaced or cut short while it was in use.
        case lost
        /// Anything else that SQLite refuses.
        case failed
    }

    package let code: Code
    /// One sentence that names the culprit and what to do.
    package let message: String
    package let cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether the same call can succeed later without anyone changing the file.
    package var canRetry: Bool {
        switch code {
        case .locked, .diskFull, .inputOutput, .unopened, .lost: true
        default: false
        }
    }

    package var description: String { message }
}

extension DivergenceStoreError {
    /// Puts an error of GRDB into words; one of our own passes through.
    ///
    /// The message holds SQLite's own words, never the SQL's arguments.
    init(_ error: any Error, path: String) {
        switch error {
        case let error as DivergenceStoreError: self = error
        case let error as DatabaseError: self.init(error, path: path)
        case is DecodingError:
            self.init(
                .altered, "the database \(path) holds a value that cannot be decoded; restore it from a copy",
                cause: error)
        default: self.init(.failed, "the database \(path) failed: \(error)", cause: error)
        }
    }

    private init(_ error: DatabaseError, path: String) {
        let words = error.message ?? "\(error.resultCode)"
        let (code, message): (Code, String) =
            switch error.resultCode {
            case .SQLITE_NOTADB:
                (.notADatabase, "\(path) is not an SQLite database; move it away, or set DATABASE_PATH to another file")
            case .SQLITE_CORRUPT:
                (.corrupt, "the database \(path) is damaged (\(words)); move it away, or restore it from a copy")
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                (.locked, "the database \(path) is locked by another program; end its transaction, then try again")
            case .SQLITE_FULL,
                .SQLITE_IOERR where Self.isFull(path):
                (.diskFull, "no space is left for the database \(path) (\(words)); free some, or shorten the retention")
            case .SQLITE_READONLY:
                (.readOnly, "the database \(path) may not be written (\(words)); give this user the right to it")
            case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
                (.unreadable, "the database \(path) cannot be opened (\(words)); check its folder and its rights")
            case .SQLITE_IOERR:
                (.inputOutput, "reading or writing the database \(path) failed (\(words)); check the disk")
            case .SQLITE_ERROR:
                (.altered, "the database \(path) does not have the tables or values that it should have (\(words))")
            case .SQLITE_INTERRUPT:
                (.altered, "the database \(path) takes too long to read for its size; it may be damaged")
            default:
                (.failed, "the database \(path) refused a statement (\(error.resultCode.rawValue): \(words))")
            }
        self.init(code, message, cause: error)
    }

    /// Whether the file system has no space left: SQLite calls that an I/O error if it happens in `-shm`.
    private static func isFull(_ path: String) -> Bool {
        var status = statvfs()
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return statvfs(folder, &status) == 0 && status.f_bavail == 0
    }
}
