package import ParallaxCore

/// Records what comes faster than time passes, such as a replay: where its buffer is full, the caller waits for the
/// database, so that nothing is ever dropped.
///
/// Totals are exact. Single divergences are kept up to the same bound of a minute as a service's are, beyond which they
/// are only counted, over all instances together. One batch is written while the next one fills; waiting for the
/// database blocks the thread.
package struct BlockingRecorder {
    private let store: DivergenceStore
    private let instances: [String]
    private var buffer: RecordBuffer
    /// For each row in the buffer, the place of its instance.
    private var instancesOfRows: [Int] = []
    private let capacity: Int
    /// Comparisons that wait to be written.
    private var waiting = 0
    private var pendingWrite: PendingWrite?
    private var startedAt: Timestamp?
    private var latest: Timestamp?

    /// - Parameters:
    ///   - instances: The names under which reports list those whose comparisons these are.
    ///   - capacity: The most comparisons that wait.
    package init(store: DivergenceStore, instances: [String], capacity: Int = 16_384) {
        precondition(capacity > 0, "a recorder needs room for a comparison")
        self.store = store
        self.instances = instances
        self.capacity = capacity
        // As many as may wait fit the buffer: its own bounds are never reached.
        var settings = Recorder.Settings()
        settings.maximumBufferedRows = capacity
        settings.maximumBufferedTotals = capacity
        settings.recordsDurations = false
        buffer = RecordBuffer(settings: settings)
    }

    /// Records a comparison of one of the instances, by its place.
    ///
    /// - Throws: ``DivergenceStoreError`` if the database cannot be written: what waits then is lost.
    package mutating func record(_ comparison: Comparison, of instance: Int) throws {
        buffer.add(comparison)
        if buffer.batch.rows.count > instancesOfRows.count { instancesOfRows.append(instance) }
        startedAt = min(startedAt ?? comparison.time, comparison.time)
        latest = max(latest ?? comparison.time, comparison.time)
        waiting += 1
        if waiting >= capacity { try startWriting() }
    }

    /// Writes everything that waits, and returns when the database has it.
    ///
    /// - Throws: ``DivergenceStoreError``.
    package mutating func flush() throws {
        try startWriting()
        try finishWriting()
    }

    private mutating func startWriting() throws {
        guard waiting > 0, let startedAt, let latest else { return }
        try finishWriting()
        waiting = 0
        let batch = buffer.take()
        pendingWrite = store.startWriting { [instances, instancesOfRows] database in
            let ids = try instances.map {
                try DivergenceStore.note(
                    instance: $0, startedAt: startedAt, now: latest, isClosed: true, in: database)
            }
            var writer = BatchWriter(database: database)
            _ = try writer.write(batch) { ids[instancesOfRows[$0]] }
        }
        instancesOfRows = []
    }

    private mutating func finishWriting() throws {
        try pendingWrite.take()?.wait()
    }
}
