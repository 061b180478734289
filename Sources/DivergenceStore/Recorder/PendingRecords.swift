import ParallaxCore

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
        land(batch)
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
        land(batch)
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

    private mutating func land(_ batch: RecordBatch) {
        comparisonsInFlight -= batch.comparisons
        rowsInFlight -= batch.rows.count
    }
}
