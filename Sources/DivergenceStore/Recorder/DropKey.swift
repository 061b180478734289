import ParallaxCore

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
