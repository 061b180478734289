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
