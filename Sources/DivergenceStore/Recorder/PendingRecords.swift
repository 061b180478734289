package import ParallaxCore

/// What waits for the database, and how writing it has gone: a value that takes in the result of every attempt.
struct PendingRecords: Sendable {
    /// An instance without traffic still says that it is alive this often.
    private static let heartbeatMilliseconds: Int64 = 10_000

    private let bounds: RecordBatch.Bounds
    private var batch = RecordBatch()
    private var lastFailure: DropReason?
    private var lastAttempt: Timestamp?
    private var state = RecorderHealth()
    /// What is being written just now.
    private var comparisonsInFlight = 0
    private var rowsInFlight = 0
    /// As many of the written comparisons as were seen to be in a file that is in place.
    private var safeComparisons = 0

    init(bounds: RecordBatch.Bounds) {
        self.bounds = bounds
    }

    var health: RecorderHealth {
        var health = state
        health.pendingComparisons = batch.comparisons + comparisonsInFlight
        health.pendingRows = batch.rows.count + rowsInFlight
        return health
    }

    /// Takes in what the request path has left.
    mutating func add(_ later: RecordBatch) {
        if batch.isEmpty {
            batch = later
        } else {
            batch.merge(later, bounds: bounds, otherwise: lastFailure ?? .bufferFull)
        }
        state.drops.add(batch.takeNewDrops())
    }

    /// Hands over what is to be written; `nil` if there is nothing worth a transaction.
    mutating func take(at now: Timestamp) -> RecordBatch? {
        let isQuiet = lastAttempt.map { (0..<Self.heartbeatMilliseconds).contains(now - $0) } ?? false
        guard !batch.isEmpty || !isQuiet else { return nil }
        lastAttempt = now
        comparisonsInFlight += batch.comparisons
        rowsInFlight += batch.rows.count
        defer { batch = RecordBatch() }
        return batch
    }

    /// A batch was written.
    ///
    /// - Parameter isLost: Whether the file that it was written into is known to be gone.
    /// - Returns: The number of failed attempts before it.
    mutating func succeeded(_ batch: RecordBatch, rows: Int, at now: Timestamp, isLost: Bool = false) -> Int {
        removeFromInFlight(batch)
        if isLost { drop(batch.comparisons, at: now) } else { state.writtenComparisons += batch.comparisons }
        defer { state.failuresInARow = 0 }
        lastFailure = nil
        state.lastFlush = now
        state.writtenRows += rows
        return state.failuresInARow
    }

    /// A batch was not written: it waits again, before what has come since.
    ///
    /// - Returns: The number of failed attempts in a row, this one included.
    mutating func failed(_ batch: RecordBatch, _ error: DivergenceStoreError) -> Int {
        removeFromInFlight(batch)
        let reason = DropReason(error)
        lastFailure = reason
        state.lastError = error.message
        state.failuresInARow += 1
        var older = batch
        older.merge(self.batch, bounds: bounds, otherwise: reason)
        self.batch = older
        state.drops.add(self.batch.takeNewDrops())
        return state.failuresInARow
    }

    /// The database was looked at for its size.
    mutating func measured(_ pruning: SizePruning) {
        state.usedBytes = pruning.usedBytes
        if let since = pruning.keptSince { state.keptSince = since }
    }

    /// Comparisons written since the start.
    var writtenComparisons: Int { state.writtenComparisons }

    /// The file was in place after this many comparisons had been written.
    mutating func confirm(written count: Int) {
        safeComparisons = max(safeComparisons, count)
    }

    /// The file is gone, and with it what was written since it was last seen in place: that counts as dropped.
    ///
    /// - Returns: How many comparisons those are.
    @discardableResult
    mutating func loseFile(at now: Timestamp) -> Int {
        let lost = state.writtenComparisons - safeComparisons
        safeComparisons = state.writtenComparisons
        drop(lost, at: now)
        return lost
    }

    private mutating func drop(_ comparisons: Int, at now: Timestamp) {
        guard comparisons > 0 else { return }
        batch.drop(comparisons, of: .comparison, in: now.startOfMinute, because: .fileLost, bounds: bounds)
        state.drops.add(batch.takeNewDrops())
    }

    private mutating func removeFromInFlight(_ batch: RecordBatch) {
        comparisonsInFlight -= batch.comparisons
        rowsInFlight -= batch.rows.count
    }
}

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
