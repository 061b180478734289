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
        "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE time < ? LIMIT ?)",
        "DELETE FROM evaluation WHERE id IN (SELECT id FROM evaluation WHERE time < ? LIMIT ?)",
        "DELETE FROM instance WHERE id IN (SELECT id FROM instance WHERE last_flush_at < ? LIMIT ?)",
    ]
}
