import GRDB
import ParallaxCore

extension DivergenceStore {
    /// Writes a batch in one transaction, and that the instance is alive.
    ///
    /// - Returns: The number of single divergences written.
    func write(
        _ batch: RecordBatch, instance: String, startedAt: Timestamp, now: Timestamp, pseudonyms: Pseudonyms?
    ) async throws -> Int {
        try await write { database in
            let id = try Self.note(instance: instance, startedAt: startedAt, now: now, in: database)
            var writer = BatchWriter(database: database, pseudonyms: pseudonyms)
            return try writer.write(batch) { _ in id }
        }
    }

    /// Notes within a transaction that an instance is alive.
    ///
    /// - Returns: Its id.
    static func note(
        instance: String, startedAt: Timestamp, now: Timestamp, in database: Database
    ) throws -> Int64 {
        try Int64.fetchOne(
            database,
            sql: """
                INSERT INTO instance (name, started_at, last_flush_at) VALUES (CAST(? AS TEXT), ?, ?)
                ON CONFLICT DO UPDATE SET last_flush_at = excluded.last_flush_at
                RETURNING id
                """,
            arguments: [ExactText(instance), startedAt.milliseconds, now.milliseconds])!
    }
}
