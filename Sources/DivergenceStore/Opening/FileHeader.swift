import GRDB
import GRDBSQLite

/// What the first bytes of the database file itself say, whatever newer pages its `-wal` holds.
///
/// They are read through SQLite's own descriptor: closing another would let go of the locks that SQLite holds on the file.
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
