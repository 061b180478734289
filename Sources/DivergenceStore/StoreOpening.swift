import Foundation
import Glibc
import GRDB
import GRDBSQLite
import ParallaxCore
import Synchronization

/// How a database is opened: to write, with its schema brought up to date, or to read what is there.
struct StoreOpening: Sendable {
    let path: String
    let migrator: Migrator
    let isReadOnly: Bool
    /// How long a statement waits for another process's transaction.
    let busyTimeout: Duration
    let timeout: LockTimeout

    init(path: String, migrator: Migrator, isReadOnly: Bool, busyTimeout: Duration) {
        self.path = path
        self.migrator = migrator
        self.isReadOnly = isReadOnly
        self.busyTimeout = busyTimeout
        timeout = LockTimeout(timeout: busyTimeout)
    }

    /// Opens the database. Blocks the thread, for at most about twice the time-out on a disk that answers.
    ///
    /// - Returns: The connections, and when the records end, if this is a copy of a live database without its `-wal`.
    ///   That is read before this process writes there: its own start has not ended either.
    /// - Throws: ``DivergenceStoreError``.
    func open(now: Timestamp) throws -> (pool: DatabasePool, endOfIncompleteRecords: Timestamp?) {
        let hasLog = hasLog
        do {
            if !isReadOnly { makePrivateFile() }
            let pool = try makePool(isImmutable: isReadOnly && !hasLog && !isFolderWritable)
            if isReadOnly {
                try pool.read { try migrator.check($0, path: path) }
            } else {
                try migrator.migrate(pool, path: path, now: now)
                if hasLog { try endInterruptedStarts(in: pool, now: now) }
            }
            return (pool, hasLog ? nil : latestUnendedFlush(in: pool))
        } catch {
            throw explain(DivergenceStoreError(error, path: path))
        }
    }

    private func latestUnendedFlush(in pool: DatabasePool) -> Timestamp? {
        let find = { (database: Database) in
            try Int64.fetchOne(database, sql: "SELECT MAX(last_flush_at) FROM instance WHERE closed_at IS NULL")
        }
        // A pool closes its writer before its readers. A reader that is the last to close cannot move the -wal into the
        // file, so that what opened to write asks with its writer.
        let end = try? isReadOnly ? pool.read(find) : pool.writeWithoutTransaction(find)
        return end.map(Timestamp.init(milliseconds:))
    }

    /// Whether there is a `-wal` with anything in it, as next to every database in use, and every one that a crash
    /// left.
    private var hasLog: Bool {
        var status = stat()
        return stat(path + "-wal", &status) == 0 && status.st_size > 0
    }

    private var isFolderWritable: Bool {
        access(URL(fileURLWithPath: path).deletingLastPathComponent().path, W_OK) == 0
    }

    /// Makes a new file before SQLite does, open to this user only. SQLite gives `-wal` and `-shm` the same
    /// permissions.
    private func makePrivateFile() {
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        // What keeps a file from being made, SQLite says better.
        if descriptor >= 0 { close(descriptor) }
    }

    /// Opens the pool, again and again while another process turns the new file to WAL.
    ///
    /// SQLite does not call the busy handler for that change of mode, so the time-out has to be kept here.
    private func makePool(isImmutable: Bool) throws -> DatabasePool {
        let deadline = ContinuousClock.now + busyTimeout
        while true {
            do {
                return try DatabasePool(path: isImmutable ? immutableAddress : path, configuration: configuration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
            {
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    /// The file as one that no program changes: SQLite then needs neither `-shm` nor locks, and a folder that may not
    /// be written is not an obstacle.
    private var immutableAddress: String {
        let url = URL(fileURLWithPath: path)
        return "\(url.absoluteString)?immutable=1"
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .callback { [timeout] in timeout.wait(tries: $0) }
        let budget = isReadOnly ? readingBudget : nil
        configuration.prepareDatabase { [migrator, path] database in
            // No function of a schema that another program wrote runs on its own.
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            // Before GRDB turns on WAL: what another program or a newer version wrote is left as it is.
            try migrator.refuse(database, path: path)
            try database.execute(sql: "PRAGMA cache_size = -32768")
            budget?.install(on: database)
        }
        return configuration
    }

    /// Generous for every report: some hundred steps for every byte. A file that was made to keep a reader busy ends
    /// there.
    private var readingBudget: StepBudget {
        var status = stat()
        let bytes = stat(path, &status) == 0 ? Int64(status.st_size) : 0
        return StepBudget(steps: 2_000_000_000 + bytes * 500)
    }

    /// Starts that a crash ended write nothing more. Those who were alive within a minute may still be.
    private func endInterruptedStarts(in pool: DatabasePool, now: Timestamp) throws {
        guard migrator.migrations.count >= 5 else { return }
        try pool.write {
            try DivergenceStore.markInstancesClosed(in: $0, where: "last_flush_at < ?", [now.milliseconds - 60_000])
        }
    }

    /// For those who only read, the advice to give write access does not help.
    private func explain(_ error: DivergenceStoreError) -> DivergenceStoreError {
        guard isReadOnly, error.code == .readOnly || error.code == .unreadable else { return error }
        let advice =
            FileManager.default.isReadableFile(atPath: path)
            ? "its -wal can be read only in a folder that this user may write, or while the service runs; read a copy made by `parallax database backup`"
            : "let this user read the file"
        return DivergenceStoreError(.unreadable, "the database \(path) cannot be read: \(advice)", cause: error.cause)
    }
}

/// How long statements wait for a lock that another program holds: each for the same time, and when the process is about
/// to end, all of them until one instant.
final class LockTimeout: Sendable {
    private static let pause: Duration = .milliseconds(10)

    private let timeout: Duration
    private let end = Mutex<ContinuousClock.Instant?>(nil)

    init(timeout: Duration) {
        self.timeout = timeout
    }

    /// Lets every statement wait until an instant and no longer, also those that wait already.
    func last(until instant: ContinuousClock.Instant) {
        end.withLock { $0 = instant }
    }

    /// Waits a moment for the lock. Blocks the thread.
    ///
    /// - Parameter tries: How often the statement has waited before.
    /// - Returns: Whether to try again.
    func wait(tries: Int) -> Bool {
        let isOver = end.withLock { end in end.map { ContinuousClock.now >= $0 } } ?? (Self.pause * tries >= timeout)
        guard !isOver else { return false }
        Thread.sleep(forTimeInterval: Self.pause / .seconds(1))
        return true
    }
}

/// How many steps of SQLite's virtual machine a connection may take in all, before its statements are interrupted.
///
/// A file can be built so that reading it takes for ever: pages that a tree reaches again and again.
final class StepBudget: @unchecked Sendable {  // `rest` is used on its connection's queue only.
    private static let stepsBetweenCalls: Int32 = 1_000_000

    private var rest: Int64

    init(steps: Int64) {
        rest = steps
    }

    func install(on database: Database) {
        // Each connection has a budget of its own, kept for the life of the process: there are few, and SQLite holds it.
        let budget = Unmanaged.passRetained(StepBudget(steps: rest))
        sqlite3_progress_handler(
            database.sqliteConnection, Self.stepsBetweenCalls,
            { context in
                let budget = Unmanaged<StepBudget>.fromOpaque(context!).takeUnretainedValue()
                budget.rest -= Int64(StepBudget.stepsBetweenCalls)
                return budget.rest < 0 ? 1 : 0
            }, budget.toOpaque())
    }
}
