import GRDB

/// Why a comparison or its row was not recorded. The raw values are stored and shown: they never change.
package enum DropReason: String, CaseIterable, Sendable {
    /// The minute had as many rows of the same kind, cause and organization as are kept.
    case sampled
    /// More came between two flushes than the buffer holds.
    case bufferFull = "buffer_full"
    /// No space was left on the disk for longer than the buffer lasts.
    case diskFull = "disk_full"
    /// Another program held the database locked for longer than the buffer lasts.
    case databaseLocked = "database_locked"
    /// The file was damaged, or no SQLite database, for longer than the buffer lasts.
    case databaseDamaged = "database_damaged"
    /// The file could not be opened, or is not one that this version may write, for longer than the buffer lasts.
    case databaseUnusable = "database_unusable"
    /// It had been written into a file that was then removed or cut short.
    case fileLost = "file_lost"
    /// The database could not be written for any other reason.
    case writeFailed = "write_failed"

    init(_ error: DivergenceStoreError) {
        self =
            switch error.code {
            case .diskFull: .diskFull
            case .locked: .databaseLocked
            case .corrupt, .notADatabase, .altered: .databaseDamaged
            case .missing, .unreadable, .readOnly, .foreign, .changedMigration, .newerSchema, .olderSchema, .unopened,
                .ended,
                .lost:
                .databaseUnusable
            default: .writeFailed
            }
    }
}
