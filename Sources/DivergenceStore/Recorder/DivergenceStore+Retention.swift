import GRDB
package import ParallaxCore

extension DivergenceStore {
    /// Deletes totals, single divergences, drops, evaluations and instances from before a time: whole minutes, so that
    /// totals and rows stay in step. Flag history and rollbacks are kept permanently.
    ///
    /// Each batch is a transaction of its own, so that a recorder's flush never waits for more than one. The file does
    /// not shrink (no `VACUUM`): its pages are used again.
    ///
    /// - Parameter batch: The most rows deleted at once.
    /// - Returns: The number of rows deleted.
    @discardableResult
    package func prune(before time: Timestamp, batch: Int = 1_000) async throws -> Int {
        let minute = time.startOfMinute.milliseconds
        var deleted = 0
        for sql in Self.deletions {
            var last = batch
            while last == batch {
                try Task.checkCancellation()
                last = try await write { database in
                    try database.execute(sql: sql, arguments: [minute, batch])
                    return database.changesCount
                }
                deleted += last
            }
        }
        return deleted
    }

    /// How far time had come for earlier processes: by what one of them kept, else by the latest sign of life.
    ///
    /// - Parameters:
    ///   - instance: Whose start, with the time after it, does not count.
    func reachedTime(besides instance: String, startedAt: Timestamp) async throws -> Timestamp? {
        try await read { database in
            try Int64.fetchOne(
                database,
                sql: """
                    SELECT COALESCE(
                        (SELECT reached_at FROM store),
                        (SELECT MAX(last_flush_at) FROM instance
                            WHERE NOT (name = CAST(? AS TEXT) AND started_at = ?)))
                    """,
                arguments: [ExactText(instance), startedAt.milliseconds])
        }.map(Timestamp.init(milliseconds:))
    }

    func setReachedTime(_ time: Timestamp) async throws {
        try await write {
            try $0.execute(sql: "UPDATE store SET reached_at = ?", arguments: [time.milliseconds])
        }
    }

    private static let deletions = [
        "DELETE FROM divergence WHERE id IN (SELECT id FROM divergence WHERE time < ? LIMIT ?)",
        """
        DELETE FROM total WHERE (minute, outcome, detail, cause, organization) IN (
            SELECT minute, outcome, detail, cause, organization FROM total WHERE minute < ? LIMIT ?)
        """,
        """
        DELETE FROM dropped WHERE (minute, subject, reason) IN (
            SELECT minute, subject, reason FROM dropped WHERE minute < ? LIMIT ?)
        """,
        """
        DELETE FROM volume WHERE (minute, organization, identifier, policy) IN (
            SELECT minute, organization, identifier, policy FROM volume WHERE minute < ? LIMIT ?)
        """,
        """
        DELETE FROM duration WHERE (minute, side, bucket) IN (
            SELECT minute, side, bucket FROM duration WHERE minute < ? LIMIT ?)
        """,
        "DELETE FROM noise WHERE minute IN (SELECT minute FROM noise WHERE minute < ? LIMIT ?)",
        """
        DELETE FROM reported WHERE (minute, organization) IN (
            SELECT minute, organization FROM reported WHERE minute < ? LIMIT ?)
        """,
        "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE time < ? LIMIT ?)",
        "DELETE FROM evaluation WHERE id IN (SELECT id FROM evaluation WHERE time < ? LIMIT ?)",
        "DELETE FROM instance WHERE id IN (SELECT id FROM instance WHERE last_flush_at < ? LIMIT ?)",
    ]
}

extension DivergenceStore {
    /// Bytes of the pages in use: what the file would have without those that wait to be used again.
    package func usedBytes() async throws -> Int {
        try await read { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT (page_count - freelist_count) * page_size
                    FROM pragma_page_count, pragma_freelist_count, pragma_page_size
                    """) ?? 0
        }
    }

    /// Deletes the oldest minutes until the pages in use take no more bytes than a bound; in batches, as
    /// ``prune(before:batch:)`` does, without shrinking the file.
    ///
    /// - Parameters:
    ///   - end: Minutes from then on stay, whatever they take.
    ///   - batch: The most rows deleted at once.
    package func prune(toBytes maximum: Int, before end: Timestamp, batch: Int = 1_000) async throws -> SizePruning {
        var pruning = SizePruning(usedBytes: try await usedBytes())
        while pruning.usedBytes > maximum, let oldest = try await oldestMinute(), oldest < end.startOfMinute {
            let next = oldest + 60_000
            pruning.deletedRows += try await prune(before: next, batch: batch)
            pruning.keptSince = next
            pruning.usedBytes = try await usedBytes()
        }
        return pruning
    }

    /// The oldest minute of anything that retention deletes, but for instances, which end later than what they wrote.
    private func oldestMinute() async throws -> Timestamp? {
        let time = try await read { database in
            try Int64.fetchOne(
                database,
                sql: """
                    SELECT MIN(oldest) FROM (
                        SELECT MIN(minute) AS oldest FROM total UNION ALL SELECT MIN(minute) FROM dropped
                        UNION ALL SELECT MIN(minute) FROM volume UNION ALL SELECT MIN(minute) FROM noise
                        UNION ALL SELECT MIN(minute) FROM duration UNION ALL SELECT MIN(minute) FROM reported
                        UNION ALL SELECT MIN(time) FROM divergence UNION ALL SELECT MIN(time) FROM evaluation)
                    """)
        }
        return time.map { Timestamp(milliseconds: $0).startOfMinute }
    }
}

/// What came of deleting the oldest minutes to stay within a bound.
package struct SizePruning: Equatable, Sendable {
    /// Bytes of the pages in use, afterwards.
    package internal(set) var usedBytes: Int
    package internal(set) var deletedRows = 0
    /// From when on everything was kept; `nil` if nothing had to go.
    package internal(set) var keptSince: Timestamp?
}

/// How far time has certainly come, for deciding what is old enough to be deleted: a wall clock that was set ahead must
/// delete nothing.
///
/// Time goes on from what earlier processes reached, as the steady clock does. The wall clock is believed within a
/// tolerance of that, or if Redis's clock agrees with it. So after a long stop without Redis more is kept than the retention
/// asks for, and never less.
struct RetentionClock: Equatable, Sendable {
    /// What a wall clock may be ahead and still be believed: a restart, a leap, a correction.
    static let toleranceMilliseconds: Int64 = 3_600_000

    /// How far time has come; never goes back.
    private(set) var reached: Timestamp
    /// By how many milliseconds the wall clock was too far ahead to be believed, if the last reading was the first of that.
    private(set) var newlyAheadMilliseconds: Int64?
    private var isAhead = false
    private var elapsed: Duration = .zero

    /// - Parameters:
    ///   - reached: What earlier processes reached; `nil` if there were none.
    ///   - start: The wall clock at the start of this process.
    init(reached: Timestamp?, start: Timestamp) {
        self.reached = reached ?? start
    }

    /// Takes in what the clocks say now.
    ///
    /// - Parameters:
    ///   - elapsed: By the steady clock, since the start.
    ///   - redisOffsetMilliseconds: How far Redis's clock is ahead of the wall clock; `nil` if it was not asked lately.
    /// - Returns: The time to reckon the retention from: never later than the wall clock.
    mutating func read(wall: Timestamp, elapsed: Duration, redisOffsetMilliseconds: Int64?) -> Timestamp {
        reached = reached + Int64((elapsed - self.elapsed) / .milliseconds(1))
        self.elapsed = elapsed
        let ahead = wall - reached
        let agrees = redisOffsetMilliseconds.map { abs($0) <= Self.toleranceMilliseconds } ?? false
        let isBelieved = ahead <= Self.toleranceMilliseconds || agrees
        if isBelieved { reached = max(reached, wall) }
        newlyAheadMilliseconds = isBelieved || isAhead ? nil : ahead
        isAhead = !isBelieved
        return min(wall, reached)
    }
}
