import GRDB
import ParallaxCore

extension DivergenceStore {
    /// Writes a batch in one transaction, and that the instance is alive.
    ///
    /// - Returns: The number of single divergences written, and the ``fileLosses`` before the file that holds them.
    func write(
        _ batch: RecordBatch, instance: String, startedAt: Timestamp, now: Timestamp, pseudonyms: Pseudonyms?
    ) async throws -> (value: Int, fileLosses: Int) {
        try await writeCountingFileLosses { database in
            let id = try Self.note(instance: instance, startedAt: startedAt, now: now, in: database)
            var writer = BatchWriter(database: database, pseudonyms: pseudonyms)
            return try writer.write(batch) { _ in id }
        }
    }

    /// Notes within a transaction that an instance is alive.
    ///
    /// - Parameter isClosed: Whether it is known to write nothing more, should this be its last transaction.
    /// - Returns: Its id.
    static func note(
        instance: String, startedAt: Timestamp, now: Timestamp, isClosed: Bool = false, in database: Database
    ) throws -> Int64 {
        try Int64.fetchOne(
            database,
            sql: """
                INSERT INTO instance (name, started_at, last_flush_at, closed_at) VALUES (CAST(? AS TEXT), ?, ?, ?)
                ON CONFLICT DO UPDATE SET last_flush_at = excluded.last_flush_at, closed_at = excluded.closed_at
                RETURNING id
                """,
            arguments: [
                ExactText(instance), startedAt.milliseconds, now.milliseconds, isClosed ? now.milliseconds : nil,
            ])!
    }

    /// Notes that an instance begins to write, and puts that into the database file itself: a copy without `-wal` then
    /// shows that it is one. Earlier starts of the same name have ended. Blocks the thread.
    ///
    /// - Returns: When the records end, if the database was opened as such a copy.
    func markOpened(instance: String, startedAt: Timestamp, now: Timestamp) throws -> Timestamp? {
        try writeDurablyAndWait { database in
            _ = try Self.note(instance: instance, startedAt: startedAt, now: now, in: database)
            try Self.markInstancesClosed(
                in: database, where: "name = CAST(? AS TEXT) AND started_at <> ?",
                [ExactText(instance), startedAt.milliseconds])
        }
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
        } catch {
            throw explain(error)
        }
        return endOfIncompleteRecords
    }

    /// Notes that an instance has written its last record.
    func markClosed(instance: String, startedAt: Timestamp, now: Timestamp) async throws {
        _ = try await write { database in
            try Self.note(instance: instance, startedAt: startedAt, now: now, isClosed: true, in: database)
        }
    }
}
