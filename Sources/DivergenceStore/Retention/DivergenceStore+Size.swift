import GRDB
package import ParallaxCore

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
                        UNION ALL SELECT MIN(minute) FROM duration
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
