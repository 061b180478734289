import Foundation
import GRDB
import GRDBSQLite
import ParallaxCore
import Synchronization

extension DivergenceStore {
    /// The connections to the database, or why there are none.
    enum Connection: Sendable {
        /// Not open. Every access fails with the error.
        case closed(DivergenceStoreError)
        /// A thread is opening it. Every access fails with the error.
        case opening(DivergenceStoreError)
        /// Open. The files are `nil` if no keeper looks after them.
        case open(DatabasePool, StoreFiles?)
    }

    /// Begins to open the database on a thread of its own, and waits until that has ended, at most for a while: a file
    /// that another program has locked, or a disk that does not answer, holds up no start.
    package func open(within timeout: Duration) {
        let work = DispatchWorkItem { try? self.open() }
        DispatchQueue.global().async(execute: work)
        _ = work.wait(timeout: .now() + .milliseconds(Int(timeout / .milliseconds(1))))
    }

    /// Opens the database, unless it is open or being opened. Blocks the thread.
    func open() throws {
        let isFree = state.withLock { state in
            guard case .closed(let error) = state.connection, !state.isEnded else { return false }
            state.connection = .opening(error)
            return true
        }
        guard isFree else { return }
        do {
            let (pool, end) = try opening.open(now: .now())
            guard let files = StoreFiles(path: path) else {
                try pool.close()
                throw DivergenceStoreError(.lost, "the database \(path) was removed while it was being opened")
            }
            let isEnded = state.withLock { state in
                guard !state.isEnded else { return true }
                state.connection = .open(pool, files)
                state.endOfIncompleteRecords = end
                state.failure = nil
                return false
            }
            // Closed while it was being opened.
            if isEnded { try pool.close() }
        } catch {
            let error = DivergenceStoreError(error, path: path)
            state.withLock { if !$0.isEnded { $0.connection = .closed(error) } }
            throw error
        }
    }

    /// Lets go of the connections. Every access fails with the error from then on. Blocks the thread.
    ///
    /// - Parameters:
    ///   - losesWrites: Whether what was written has gone with the file.
    ///   - isCutShort: Whether the file itself has lost pages.
    func disconnect(because error: DivergenceStoreError, losesWrites: Bool, isCutShort: Bool = false) {
        let pool = state.withLock { state -> DatabasePool? in
            guard case .open(let pool, _) = state.connection else { return nil }
            state.connection = .closed(error)
            state.failure = nil
            if losesWrites { state.fileLosses += 1 }
            return pool
        }
        guard let pool else { return }
        // A file that was renamed gets what lies in its `-wal`: closing leaves that out. And an emptied `-wal` cannot
        // be taken for that of the file that stands at the path now. Into a file that was cut short nothing more is
        // written.
        if !isCutShort {
            _ = try? pool.writeWithoutTransaction { database in
                try Self.markInstancesClosed(in: database)
                try database.checkpoint(.truncate)
            }
        }
        try? pool.close()
    }

    /// Bytes that the file should have at least, by the count of pages in its own header. What lies only in the `-wal`,
    /// and makes the file longer later, does not count.
    func countedBytes() throws -> Int64 {
        do {
            // As the writer, so that no checkpoint of this process is half done.
            return try pool.writeWithoutTransaction { try FileHeader($0).bytes }
        } catch {
            throw explain(error)
        }
    }

    var connection: Connection { state.withLock { $0.connection } }

    /// The last failed access that opening the file again may cure; `nil` if there was none since it was opened.
    var failure: DivergenceStoreError? { state.withLock { $0.failure } }

    /// How often what had been written was lost with its file.
    var fileLosses: Int { state.withLock { $0.fileLosses } }

    /// Puts an error into words, and remembers it if opening the file again may cure it.
    func explain(_ error: any Error) -> DivergenceStoreError {
        // The access began before the database was closed. SQLite then has no words of its own: "out of memory".
        if case .closed(let reason) = connection, (error as? DatabaseError)?.resultCode == .SQLITE_MISUSE {
            return reason
        }
        let error = DivergenceStoreError(error, path: path)
        switch error.code {
        case .corrupt, .notADatabase, .inputOutput, .unreadable:
            state.withLock { state in
                if case .open = state.connection { state.failure = error }
            }
        default: break
        }
        return error
    }
}

extension DivergenceStore {
    /// What the first bytes of the database file itself say, whatever newer pages its `-wal` holds.
    ///
    /// They are read through SQLite's own descriptor: closing another would let go of the locks that SQLite holds on
    /// the file.
    struct FileHeader {
        /// How many bytes the file should have at least: less what only the `-wal` holds.
        let bytes: Int64

        /// - Throws: `DatabaseError` if the file is shorter than its header.
        init(_ database: Database) throws {
            var file: UnsafeMutablePointer<sqlite3_file>?
            var header = [UInt8](repeating: 0, count: 32)
            let code = sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
            guard code == SQLITE_OK, let file, let read = file.pointee.pMethods?.pointee.xRead else {
                throw DatabaseError(resultCode: .SQLITE_IOERR)
            }
            let readCode = read(file, &header, CInt(header.count), 0)
            guard readCode == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: readCode)) }
            // A size of 1 stands for 65,536.
            let pageSize = Int64(header[16]) << 8 | Int64(header[17])
            let pages = header[28..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            bytes = pages * (pageSize == 1 ? 65_536 : pageSize)
        }
    }
}
