import Dispatch
import Foundation
import GRDB
import ParallaxCore
import Synchronization

/// The database of one or more instances: totals, single divergences, flag history, evaluations and rollbacks.
///
/// One connection writes and several read (SQLite in WAL mode), so a report never stops the recorder. A store that a
/// service uses may be closed for a time: every access then throws why, and a ``StoreKeeper`` opens it again.
package final class DivergenceStore: Sendable {
    struct State: Sendable {
        var connection: Connection
        var failure: DivergenceStoreError?
        var fileLosses = 0
        /// When the records ended, if the database was opened as a copy without its `-wal`.
        var endOfIncompleteRecords: Timestamp?
        /// Whether it was closed permanently.
        var isEnded = false
    }

    package let path: String
    let opening: StoreOpening
    let state: Mutex<State>

    /// Opens the database, creating it if there is none, and brings its schema up to date.
    ///
    /// Several processes may do so at the same time.
    ///
    /// - Throws: ``DivergenceStoreError``.
    package convenience init(path: String) throws {
        try self.init(path: path, migrations: Migration.all)
    }

    /// Opens an existing database to read, also while other processes write.
    ///
    /// For a command, which reads a bounded time: each connection is interrupted permanently once it has taken the
    /// steps of its
    /// ``StepBudget``. A process that reads for days has to open the database again now and then.
    ///
    /// - Throws: ``DivergenceStoreError``, also if the schema is older than this version's.
    package convenience init(readingFrom path: String) throws {
        var isFolder = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            throw DivergenceStoreError(
                .missing, "there is no database at \(path); name one with --database or DATABASE_PATH")
        }
        try self.init(path: path, migrations: Migration.all, isReadOnly: true)
    }

    /// A database that is not open yet; ``open(within:)`` opens it.
    package init(unopenedAt path: String, busyTimeout: Duration = .seconds(5)) {
        self.path = path
        opening = StoreOpening(
            path: path, migrator: Migrator(migrations: Migration.all), isReadOnly: false, busyTimeout: busyTimeout)
        let error = DivergenceStoreError(
            .unopened,
            "the database \(path) is still being opened: another program may hold its lock, or its disk may be slow; what is to be written waits"
        )
        state = Mutex(State(connection: .closed(error)))
    }

    /// Opens with other migrations or time-outs than everyday ones.
    ///
    /// - Parameter busyTimeout: How long a write waits for another process's transaction.
    init(
        path: String, migrations: [Migration], isReadOnly: Bool = false, busyTimeout: Duration = .seconds(5),
        now: Timestamp = .now()
    ) throws {
        self.path = path
        opening = StoreOpening(
            path: path, migrator: Migrator(migrations: migrations), isReadOnly: isReadOnly, busyTimeout: busyTimeout)
        let (pool, end) = try opening.open(now: now)
        state = Mutex(State(connection: .open(pool, nil), endOfIncompleteRecords: end))
    }

    /// The open connections.
    ///
    /// - Throws: ``DivergenceStoreError`` while there are none.
    var pool: DatabasePool {
        get throws { try poolAndLosses.pool }
    }

    /// The open connections, and how often what had been written was lost with its file before they were opened.
    private var poolAndLosses: (pool: DatabasePool, fileLosses: Int) {
        get throws {
            let (connection, fileLosses) = state.withLock { ($0.connection, $0.fileLosses) }
            switch connection {
            case .open(let pool, let files):
                files?.restoreSharedMemory()
                return (pool, fileLosses)
            case .closed(let error), .opening(let error): throw error
            }
        }
    }

    /// Moves everything into the one file at the path, so that it can be copied without `-wal`. For those who write
    /// nothing any more.
    package func checkpointAndTruncateLog() throws {
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        } catch {
            throw explain(error)
        }
    }

    /// Moves what lies in the `-wal` into the file at the path, as far as no reader needs it where it is. Waits for no
    /// lock.
    func checkpointLog() throws {
        do {
            _ = try pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
        } catch {
            throw explain(error)
        }
    }

    /// Ends all access. Later calls fail, and say that the process ends.
    package func close() throws {
        let error = DivergenceStoreError(.ended, "the database \(path) was closed, since the process ends")
        let pool = state.withLock { state -> DatabasePool? in
            defer { (state.connection, state.isEnded) = (.closed(error), true) }
            guard case .open(let pool, _) = state.connection else { return nil }
            return pool
        }
        try pool?.close()
    }

    /// Lets statements wait for locks until an instant and no longer: for a process that ends, and writes until then
    /// what it can.
    package func waitForLocks(until instant: ContinuousClock.Instant) { opening.timeout.last(until: instant) }
}

extension DivergenceStore {
    /// Reads from one consistent state of the database.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw explain(error)
        }
    }

    /// Writes in one transaction, which the cancellation of the task does not break off: what is flushed at the end of
    /// a process is written whole.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await writeCountingFileLosses(body).value
    }

    /// Writes as ``write(_:)`` does.
    ///
    /// - Returns: The value, and the ``fileLosses`` before the file that it was written into.
    func writeCountingFileLosses<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> (value: Value, fileLosses: Int) {
        let (pool, fileLosses) = try poolAndLosses
        return (try await access(pool) { try Self.transact($0, body) }, fileLosses)
    }

    /// Writes as ``write(_:)`` does, and returns when the disk has it: for the rare rows that must outlive a power cut.
    func writeDurably<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await access(pool) { try Self.transactDurably($0, body) }
    }

    /// Reads as ``read(_:)`` does, on the caller's thread, which must be one that may block.
    func readAndWait<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try pool.read(body)
        } catch {
            throw explain(error)
        }
    }

    /// Begins to write in one transaction, and does not wait for it. Writes end in the order in which they began.
    func startWriting(_ body: @escaping @Sendable (Database) throws -> Void) -> PendingWrite {
        let write = PendingWrite()
        do {
            try pool.asyncWriteWithoutTransaction { [self] database in
                write.end(Result { try Self.transact(database, body) }.mapError(explain))
            }
        } catch {
            write.end(.failure(explain(error)))
        }
        return write
    }

    /// Writes as ``writeDurably(_:)`` does, on the caller's thread, which must be one that may block.
    func writeDurablyAndWait<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try pool.writeWithoutTransaction { try Self.transactDurably($0, body) }
        } catch {
            throw explain(error)
        }
    }

    private static func transactDurably<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value
    {
        try database.execute(sql: "PRAGMA synchronous = FULL")
        defer { try? database.execute(sql: "PRAGMA synchronous = NORMAL") }
        return try transact(database, body)
    }

    private func access<Value: Sendable>(
        _ pool: DatabasePool, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] database in
                continuation.resume(with: Result { try body(database) }.mapError(explain))
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

/// A write under way, for a thread that may block to wait for.
final class PendingWrite: Sendable {
    private let hasEnded = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<Void, DivergenceStoreError>>(.success(()))

    func end(_ result: Result<Void, DivergenceStoreError>) {
        self.result.withLock { $0 = result }
        hasEnded.signal()
    }

    /// Blocks until the write has ended. To be called once.
    func wait() throws(DivergenceStoreError) {
        hasEnded.wait()
        try result.withLock { $0 }.get()
    }
}
