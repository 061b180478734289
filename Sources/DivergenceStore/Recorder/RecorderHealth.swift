package import ParallaxCore

/// How recording goes, at one moment.
package struct RecorderHealth: Equatable, Sendable {
    /// When the database last took everything; `nil` before the first time.
    package internal(set) var lastFlush: Timestamp?
    /// Comparisons that wait to be written.
    package internal(set) var pendingComparisons = 0
    /// Single divergences that wait to be written.
    package internal(set) var pendingRows = 0
    /// Comparisons and single divergences written since the start.
    package internal(set) var writtenComparisons = 0
    package internal(set) var writtenRows = 0
    var drops = DropCounts()
    /// Failed attempts to write since the last that succeeded.
    package internal(set) var failuresInARow = 0
    /// What the last failed attempt said; stays when later ones succeed.
    package internal(set) var lastError: String?

    /// Bytes that the database held at the last look; `nil` before it, and if there is no bound.
    package internal(set) var usedBytes: Int?
    /// From when on records were kept when the bound of bytes last made older ones go; `nil` if it never did since
    /// the start.
    package internal(set) var keptSince: Timestamp?

    init() {}

    /// Comparisons in no figure, by reason, since the start.
    package var droppedComparisons: [DropReason: Int] { drops.comparisons }
    /// Divergences that were counted but not kept one by one, by reason, since the start.
    package var droppedRows: [DropReason: Int] { drops.rows }

    /// Whether the last attempt to write succeeded.
    package var isWriting: Bool { failuresInARow == 0 }
}
