import GRDB
import ParallaxCore

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

/// What one row of drops counts.
struct DropKey: Hashable, Sendable {
    var minute: Timestamp
    let subject: DropSubject
    let reason: DropReason
}

/// What of a comparison was dropped. The raw values are stored: they never change.
enum DropSubject: String, Sendable {
    /// All of it: it is in no other figure.
    case comparison
    /// Only its row: it is in the totals.
    case row
}

/// How much was dropped, by reason.
struct DropCounts: Equatable, Sendable {
    private(set) var comparisons: [DropReason: Int] = [:]
    private(set) var rows: [DropReason: Int] = [:]

    mutating func add(_ count: Int, of subject: DropSubject, because reason: DropReason) {
        switch subject {
        case .comparison: comparisons[reason, default: 0] += count
        case .row: rows[reason, default: 0] += count
        }
    }

    mutating func add(_ more: DropCounts) {
        comparisons.merge(more.comparisons, uniquingKeysWith: +)
        rows.merge(more.rows, uniquingKeysWith: +)
    }
}
