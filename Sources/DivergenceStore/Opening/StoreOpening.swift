import Foundation
import GRDB
import ParallaxCore

/// How a database is opened: to write, with its schema brought up to date, or to read what is there.
struct StoreOpening: Sendable {
    let path: String
    let migrator: Migrator
    let isReadOnly: Bool
    /// How long a statement waits for another process's transaction.
    let busyTimeout: Duration

    /// Opens the database. Blocks the thread, for at most about twice the time-out on a disk that answers.
    ///
    /// - Throws: ``DivergenceStoreError``.
    func open(now: Timestamp) throws -> DatabasePool {
        do {
            let pool = try makePool()
            if isReadOnly {
                try pool.read { try migrator.check($0, path: path) }
            } else {
                try migrator.migrate(pool, path: path, now: now)
            }
            return pool
        } catch {
            throw DivergenceStoreError(error, path: path)
        }
    }

    /// Opens the pool, again and again while another process turns the new file to WAL.
    ///
    /// SQLite does not call the busy handler for that change of mode, so the time-out has to be kept here.
    private func makePool() throws -> DatabasePool {
        let deadline = ContinuousClock.now + busyTimeout
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline
            {
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.busyMode = .timeout(busyTimeout / .seconds(1))
        configuration.prepareDatabase { [migrator, path] database in
            // Before GRDB turns on WAL: what another program or a newer version wrote is left as it is.
            try migrator.refuse(database, path: path)
            try database.execute(sql: "PRAGMA cache_size = -32768")
        }
        return configuration
    }
}
