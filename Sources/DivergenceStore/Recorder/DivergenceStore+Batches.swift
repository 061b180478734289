import GRDB
import ParallaxCore

extension DivergenceStore {
    /// Writes a batch in one transaction, and that the instance is alive.
    ///
    /// - Returns: The number of single divergences written.
    func write(_ batch: RecordBatch, instance: String, startedAt: Timestamp, now: Timestamp) async throws -> Int {
        try await write { database in
            try Self.write(batch, instance: instance, startedAt: startedAt, now: now, to: database)
        }
    }

    /// Writes a batch within a transaction.
    static func write(
        _ batch: RecordBatch, instance: String, startedAt: Timestamp, now: Timestamp, to database: Database
    ) throws -> Int {
        let id = try Int64.fetchOne(
            database,
            sql: """
                INSERT INTO instance (name, started_at, last_flush_at) VALUES (CAST(? AS TEXT), ?, ?)
                ON CONFLICT DO UPDATE SET last_flush_at = excluded.last_flush_at
                RETURNING id
                """,
            arguments: [ExactText(instance), startedAt.milliseconds, now.milliseconds])!
        return try BatchWriter(database: database, instance: id).write(batch)
    }
}
