import ParallaxCore

/// Counts and rows that one transaction writes. Bounded: what does not fit is counted as dropped.
struct RecordBatch: Sendable {
    struct Bounds: Equatable, Sendable {
        /// The most rows of totals; half as many again for what is folded together, before whole comparisons are
        /// dropped.
        var totals: Int
        var rows: Int
        /// The most identities whose volumes are counted apart.
        var volumes = 100_000
        /// The most minutes whose durations are counted apart.
        var durations = 60
        /// The most rows of drops.
        var drops = 10_000
    }

    private(set) var totals: [TotalKey: Total] = [:]
    private(set) var rows: [BufferedRow] = []
    private(set) var volumes: [VolumeKey: Volume] = [:]
    /// What second controls made of the same requests, by minute.
    private(set) var noise: [Timestamp: NoiseFloor] = [:]
    /// What came with requests, by minute and organization.
    private(set) var reports: [ReportedKey: ReportedCounts] = [:]
    /// How long both sides took, by minute.
    private(set) var durations: [Timestamp: SideDurations] = [:]
    private(set) var drops: [DropKey: Int] = [:]
    /// Comparisons among the totals.
    private(set) var comparisons = 0
    /// What has been dropped since the last look, for counters that only grow.
    private(set) var newDrops = DropCounts()
    /// Where drops go that found no place under their own minute.
    private var overflowMinute: Timestamp?

    var isEmpty: Bool { totals.isEmpty && rows.isEmpty && drops.isEmpty && reports.isEmpty }

    /// Adds to the totals.
    ///
    /// - Parameter reason: Why the comparisons are dropped, should no place be left.
    /// - Returns: The key that they were counted under: the given one, or if the bound is reached the folded one;
    ///   `nil` if they were dropped.
    @discardableResult
    mutating func count(
        _ total: Total, under key: TotalKey, bounds: Bounds, otherwise reason: DropReason
    ) -> TotalKey? {
        guard let key = place(for: key, bounds: bounds) else {
            drop(total.requests, of: .comparison, in: key.minute, because: reason, bounds: bounds)
            return nil
        }
        totals[key, default: Total()] += total
        comparisons += total.requests
        return key
    }

    /// Keeps a row that has been counted.
    ///
    /// - Returns: Whether there was room; a row that finds none is counted as dropped.
    @discardableResult
    mutating func keep(_ row: BufferedRow, bounds: Bounds, otherwise reason: DropReason) -> Bool {
        guard rows.count < bounds.rows else {
            drop(1, of: .row, in: row.key.minute, because: reason, bounds: bounds)
            return false
        }
        rows.append(row)
        return true
    }

    /// Counts a volume; beyond the bound, with those of all other identities of its minute together.
    mutating func add(_ volume: Volume, of key: VolumeKey, bounds: Bounds) {
        let key = volumes.count < bounds.volumes || volumes[key] != nil ? key : key.folded
        if volumes[key] == nil { volumes[key] = volume } else { volumes[key]! += volume }
    }

    /// Counts reports; beyond the bound on totals, with those of all other organizations of their minute together.
    mutating func add(_ counts: ReportedCounts, of key: ReportedKey, bounds: Bounds) {
        let hasRoom = reports.count < bounds.totals || reports[key] != nil
        let key = hasRoom ? key : ReportedKey(minute: key.minute, organization: .empty)
        reports[key, default: ReportedCounts()] += counts
    }

    mutating func add(_ noise: NoiseFloor, in minute: Timestamp) {
        self.noise[minute, default: NoiseFloor()] += noise
    }

    mutating func addDurations(of comparison: Comparison, in minute: Timestamp, bounds: Bounds) {
        durations[minuteForDurations(in: minute, bounds: bounds), default: SideDurations()].record(comparison)
    }

    /// The minute itself, or beyond the bound the newest one that is counted already.
    private func minuteForDurations(in minute: Timestamp, bounds: Bounds) -> Timestamp {
        guard durations.count >= bounds.durations, durations[minute] == nil else { return minute }
        return durations.keys.max() ?? minute
    }

    mutating func drop(
        _ count: Int, of subject: DropSubject, in minute: Timestamp, because reason: DropReason, bounds: Bounds
    ) {
        note(count, under: DropKey(minute: minute, subject: subject, reason: reason), bounds: bounds)
        newDrops.add(count, of: subject, because: reason)
    }

    /// Takes in a later batch.
    ///
    /// - Parameter reason: Why there may be no room: what keeps this batch from being written.
    mutating func merge(_ later: RecordBatch, bounds: Bounds, otherwise reason: DropReason) {
        for (key, total) in later.totals { count(total, under: key, bounds: bounds, otherwise: reason) }
        for (key, volume) in later.volumes { add(volume, of: key, bounds: bounds) }
        for (minute, noise) in later.noise { add(noise, in: minute) }
        for (key, counts) in later.reports { add(counts, of: key, bounds: bounds) }
        for (minute, more) in later.durations {
            durations[minuteForDurations(in: minute, bounds: bounds), default: SideDurations()] += more
        }
        for row in later.rows { keep(row, bounds: bounds, otherwise: reason) }
        for (key, count) in later.drops { note(count, under: key, bounds: bounds) }
        newDrops.add(later.newDrops)
    }

    /// Hands over what has been dropped since the last call.
    mutating func takeNewDrops() -> DropCounts {
        defer { newDrops = DropCounts() }
        return newDrops
    }

    /// The row's place among the totals; `nil` if its comparison was dropped when batches were merged.
    func key(of row: BufferedRow) -> TotalKey? {
        if totals[row.key] != nil { return row.key }
        return totals[row.key.folded] != nil ? row.key.folded : nil
    }

    private mutating func note(_ count: Int, under key: DropKey, bounds: Bounds) {
        var key = key
        if drops[key] == nil, drops.count >= bounds.drops {
            if overflowMinute == nil { overflowMinute = key.minute }
            key.minute = overflowMinute!
        }
        drops[key, default: 0] += count
    }

    private func place(for key: TotalKey, bounds: Bounds) -> TotalKey? {
        if totals.count < bounds.totals || totals[key] != nil { return key }
        let folded = key.folded
        return totals.count < bounds.totals + bounds.totals / 2 || totals[folded] != nil ? folded : nil
    }
}

/// A single divergence on its way to the database.
struct BufferedRow: Sendable {
    let comparison: Comparison
    let kind: DivergenceKind
    let cause: DivergenceCause
    /// Where it has been counted.
    let key: TotalKey
}

/// How long each side took over requests that both judged.
struct SideDurations: Equatable, Sendable {
    private(set) var control = LatencyHistogram()
    private(set) var candidate = LatencyHistogram()

    mutating func record(_ comparison: Comparison) {
        control.record(comparison.control.duration)
        candidate.record(comparison.candidate.duration)
    }

    static func += (left: inout SideDurations, right: SideDurations) {
        left.control.add(right.control)
        left.candidate.add(right.candidate)
    }
}
