import Foundation
import GRDB
import ParallaxCore

/// The database of one or more instances: totals, single divergences, flag history, evaluations and rollbacks.
///
/// One connection writes and several read (SQLite in WAL mode), so a report never stops the recorder.
package final class DivergenceStore: Sendable {
    package let path: String
    let pool: DatabasePool

    /// Opens the database, creating it where there is none, and brings its schema up to date.
    ///
    /// Several processes may do so at the same time.
    ///
    /// - Throws: ``DivergenceStoreError``.
    package convenience init(path: String) throws {
        try self.init(path: path, migrations: Migration.all)
    }

    /// Opens an existing database to read, also while other processes write.
    ///
    /// - Throws: ``DivergenceStoreError``, also where the schema is older than this version's.
    package convenience init(readingFrom path: String) throws {
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw DivergenceStoreError(
                .missing, "there is no database at \(path); name one with --database or DATABASE_PATH")
        }
        try self.init(path: path, migrations: Migration.all, isReadOnly: true)
    }

    /// Opens with other migrations or time-outs than everyday ones.
    ///
    /// - Parameter busyTimeout: How long a write waits for another process's transaction.
    init(
        path: String, migrations: [Migration], isReadOnly: Bool = false, busyTimeout: Duration = .seconds(5),
        now: Timestamp = .now()
    ) throws {
        self.path = path
        let migrator = Migrator(migrations: migrations)
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(busyTimeout / .seconds(1))
        configuration.prepareDatabase { database in
            // Before GRDB turns on WAL: another program's file is left as it is.
            try migrator.refuseForeign(database, path: path)
            try database.execute(sql: "PRAGMA cache_size = -32768")
        }
        do {
            pool = try Self.openPool(path: path, configuration: configuration, patience: busyTimeout)
            if isReadOnly {
                try pool.read { try migrator.check($0, path: path) }
            } else {
                try migrator.migrate(pool, path: path, now: now)
            }
        } catch {
            throw DivergenceStoreError(error, path: path)
        }
    }

    /// Opens the pool, again and again while another process turns the new file to WAL.
    ///
    /// SQLite does not call the busy handler for that change of mode, so the time-out has to be kept here.
    private static func openPool(
        path: String, configuration: Configuration, patience: Duration
    ) throws -> DatabasePool {
        let deadline = ContinuousClock.now + patience
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
            {
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    /// Moves everything into the one file at the path, so that it can be copied alone. For whoever writes nothing any more.
    package func gather() throws {
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch {
            throw DivergenceStoreError(error, path: path)
        }
    }

    /// Ends all access. Later calls fail.
    package func close() throws {
        try pool.close()
    }
}

extension DivergenceStore {
    /// Reads from one consistent state of the database.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw DivergenceStoreError(error, path: path)
        }
    }

    /// Writes in one transaction, which the cancellation of the task does not break off: what is flushed at the end of a
    /// process is written whole.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await access { database in
            try Self.transact(database, body)
        }
    }

    /// Writes as ``write(_:)`` does, and returns when the disk has it: for the rare rows that must outlive a power cut.
    func writeDurably<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await access { try Self.transactDurably($0, body) }
    }

    /// Reads as ``read(_:)`` does, on the caller's thread, which must be one that may block.
    func readAndWait<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try pool.read(body)
        } catch {
            throw DivergenceStoreError(error, path: path)
        }
    }

    /// Begins to write in one transaction, and does not wait for it. Writes end in the order in which they began.
    func startWriting(_ body: @escaping @Sendable (Database) throws -> Void) -> PendingWrite {
        let write = PendingWrite()
        pool.asyncWriteWithoutTransaction { [path] database in
            write.end(
                Result { try Self.transact(database, body) }.mapError { DivergenceStoreError($0, path: path) })
        }
        return write
    }

    /// Writes as ``writeDurably(_:)`` does, on the caller's thread, which must be one that may block.
    func writeDurablyAndWait<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try pool.writeWithoutTransaction { try Self.transactDurably($0, body) }
        } catch {
            throw DivergenceStoreError(error, path: path)
        }
    }

    private static func transactDurably<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value
    {
        try database.execute(sql: "PRAGMA synchronous = FULL")
        defer { try? database.execute(sql: "PRAGMA synchronous = NORMAL") }
        return try transact(database, body)
    }

    private func access<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [path] database in
                continuation.resume(
                    with: Result { try body(database) }.mapError { DivergenceStoreError($0, path: path) })
            }
        }
    }

    /// Takes the write lock at once: a transaction that reads first and writes later could not wait for it.
    private static func transact<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try database.inTransaction(.immediate) {
            value = try body(database)
            return .commit
        }
        return value!
    }
}
