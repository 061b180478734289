package import Logging
package import ParallaxCore
import Synchronization

/// Records what came of comparing both sides: counts everything, keeps single divergences up to a bound, and writes
/// both to the database in batches.
///
/// The request path only adds to a bounded buffer in memory. Whatever happens to the database, it never waits.
package final class Recorder: DecisionObserver, Sendable {
    let settings: Settings
    let store: DivergenceStore
    let logger: Logger
    let clock: any Clock<Duration>
    let now: @Sendable () -> Timestamp
    private let instance: String
    private let pseudonyms: Pseudonyms?
    private let startedAt: Timestamp
    private let buffer: Mutex<RecordBuffer>
    /// The request path never takes this lock.
    private let pending: Mutex<PendingRecords>

    /// Makes a recorder; ``run()`` flushes it.
    ///
    /// - Parameters:
    ///   - instance: The name under which reports list this process.
    ///   - pseudonyms: What is stored instead of identifiers; `nil` if they are stored as they are. They are made
    ///     while writing: requests never wait for them.
    package convenience init(
        store: DivergenceStore, instance: String, settings: Settings = Settings(), pseudonyms: Pseudonyms? = nil,
        logger: Logger
    ) {
        self.init(
            store: store, instance: instance, settings: settings, pseudonyms: pseudonyms, logger: logger,
            clock: ContinuousClock()
        ) { .now() }
    }

    init(
        store: DivergenceStore, instance: String, settings: Settings, pseudonyms: Pseudonyms? = nil, logger: Logger,
        clock: any Clock<Duration>, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.instance = instance
        self.settings = settings
        self.pseudonyms = pseudonyms
        self.logger = logger
        self.clock = clock
        self.now = now
        startedAt = now()
        buffer = Mutex(RecordBuffer(settings: settings))
        pending = Mutex(PendingRecords(bounds: settings.bounds))
    }

    package func compared(_ comparison: Comparison) {
        buffer.withLock { $0.add(comparison) }
    }

    package func heldOut(_ request: CheckRequest, _ answer: Answer) {
        buffer.withLock { $0.add(heldOut: request, answer) }
    }

    package func reported(_ report: ReportedControl, on request: CheckRequest, at time: Timestamp) {
        buffer.withLock { $0.add(ReportedCounts(report), of: request.identity.organization, at: time) }
    }

    package func ignoredReport(on request: CheckRequest, at time: Timestamp) {
        buffer.withLock { $0.add(.ignored, of: request.identity.organization, at: time) }
    }

    /// How recording goes, now.
    package var health: RecorderHealth {
        let (comparisons, rows, drops) = buffer.withLock {
            ($0.batch.comparisons, $0.batch.rows.count, $0.batch.newDrops)
        }
        var health = pending.withLock { $0.health }
        health.pendingComparisons += comparisons
        health.pendingRows += rows
        health.drops.add(drops)
        return health
    }

    /// Writes everything recorded so far, in one transaction.
    ///
    /// - Returns: Whether the database took it. What it refused waits for the next time, within its bounds.
    @discardableResult
    package func flush() async -> Bool {
        collect()
        let time = now()
        guard let batch = pending.withLock({ $0.take(at: time) }) else { return true }
        do {
            let (rows, fileLosses) = try await store.write(
                batch, instance: instance, startedAt: startedAt, now: time, pseudonyms: pseudonyms)
            let failures = pending.withLock {
                $0.succeeded(batch, rows: rows, at: time, isLost: store.fileLosses != fileLosses)
            }
            if failures > 0 { logger.notice("recording resumed", metadata: ["failedAttempts": "\(failures)"]) }
            return true
        } catch {
            let error = DivergenceStoreError(error, path: store.path)
            let failures = pending.withLock { $0.failed(batch, error) }
            if failures == 1 { logger.warning("recording is paused: \(error)") }
            return false
        }
    }

    /// Deletes the oldest minutes if the database takes more than its bound.
    func fit(into maximumBytes: Int) async throws -> SizePruning {
        let pruning = try await store.prune(toBytes: maximumBytes, before: now())
        pending.withLock { $0.measured(pruning) }
        return pruning
    }

    /// Notes in the database that this process begins to write there. Blocks the thread.
    ///
    /// - Returns: When the records end, if the database was opened as a copy without its `-wal`.
    func markOpened() throws -> Timestamp? {
        try store.markOpened(instance: instance, startedAt: startedAt, now: now())
    }

    /// Notes in the database that this process has written its last record.
    func markClosed() async throws {
        try await store.markClosed(instance: instance, startedAt: startedAt, now: now())
    }

    /// How far Redis's clock was ahead of this machine's in the latest comparison since the last call; `nil` if there
    /// was none.
    func takeClockOffset() -> Int64? {
        buffer.withLock { $0.takeClockOffset() }
    }

    /// What is certain about the time, before anything is deleted by it.
    func makeRetentionClock() async throws -> RetentionClock {
        RetentionClock(
            reached: try await store.reachedTime(besides: instance, startedAt: startedAt), start: startedAt)
    }

    /// Comparisons written since the start.
    var writtenComparisons: Int { pending.withLock { $0.writtenComparisons } }

    /// Notes that the file was in place after this many comparisons had been written.
    func confirm(written count: Int) {
        pending.withLock { $0.confirm(written: count) }
    }

    /// Counts as dropped what was written since the file was last seen in place.
    ///
    /// - Returns: How many comparisons those are.
    func loseFile() -> Int {
        pending.withLock { $0.loseFile(at: now()) }
    }

    /// Moves the buffer behind what already waits, so that the request path finds it empty.
    func collect() {
        let batch = buffer.withLock { $0.take() }
        pending.withLock { $0.add(batch) }
    }
}

extension Recorder {
    /// How much the recorder keeps, and how often it writes.
    package struct Settings: Equatable, Sendable {
        /// Between two flushes: what a crash can lose at most.
        package var flushInterval: Duration = .milliseconds(500)
        /// The longest pause between two attempts while the database cannot be written.
        package var maximumRetryInterval: Duration = .seconds(30)
        /// The most single divergences of one kind, cause and organization kept of a minute; further ones are only
        /// counted.
        package var maximumRowsPerMinuteAndGroup = 100
        /// The most single divergences that wait in the buffer, and as many again that wait for a failing database.
        package var maximumBufferedRows = 32_768
        /// The most counters that wait; then organizations are counted together, and at half as many again comparisons
        /// are dropped.
        package var maximumBufferedTotals = 100_000
        /// The most organizations counted apart in a minute; further ones are counted together.
        package var maximumOrganizationsPerMinute = 1_000
        /// Whether it is recorded how long both sides took; not for a replay, where nothing takes any time.
        var recordsDurations = true
        /// Totals, single divergences, drops and evaluations older than this are deleted; `nil` keeps them all.
        package var retention: Duration? = .seconds(30 * 24 * 3_600)
        /// Between two looks for what is older than the retention.
        package var pruneInterval: Duration = .seconds(3_600)
        /// The oldest minutes are deleted if what is stored takes more bytes; `nil` for no bound.
        package var maximumBytes: Int?
        /// Between two looks at how much is stored.
        package var sizeInterval: Duration = .seconds(10)

        package init() {}

        var bounds: RecordBatch.Bounds {
            RecordBatch.Bounds(totals: maximumBufferedTotals, rows: maximumBufferedRows)
        }
    }
}
