import GRDB
import GRDBSQLite

/// A statement's values on their way to SQLite, bound one after the other.
///
/// GRDB boxes every value and copies it twice, which takes longer than the insert of a row; where rows come by the hundred
/// thousand, they go straight. Text goes with its length, so that a NUL in it ends nothing.
struct StatementValues {
    private let statement: Statement
    private var place: CInt = 0

    /// - Parameter statement: Forgets the values that it has.
    init(_ statement: Statement) {
        self.statement = statement
        statement.setUncheckedArguments(StatementArguments())
    }

    mutating func append(_ number: Int64) {
        check(sqlite3_bind_int64(statement.sqliteStatement, next(), number))
    }

    mutating func append(_ number: Int) { append(Int64(number)) }

    /// Nothing if there is no number.
    mutating func append(_ number: Int64?) {
        if let number { append(number) } else { appendNull() }
    }

    mutating func append(_ text: String) {
        var text = text
        let place = next()
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                // Without bytes there may be no address, and that would be no text.
                let code =
                    bytes.baseAddress.map {
                        sqlite3_bind_text64(
                            statement.sqliteStatement, place, $0, UInt64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
                    } ?? sqlite3_bind_text(statement.sqliteStatement, place, "", 0, Self.copied)
                check(code)
            }
        }
    }

    mutating func append(_ text: ExactText) { append(text.text) }

    mutating func appendNull() {
        check(sqlite3_bind_null(statement.sqliteStatement, next()))
    }

    private mutating func next() -> CInt {
        place += 1
        return place
    }

    /// SQLite takes a copy before it returns.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    /// Binding fails for a place that the statement does not have, or for a text of gigabytes: the caller's error.
    private func check(_ code: CInt) {
        precondition(code == SQLITE_OK, "SQLite took no value in place \(place): code \(code)")
    }
}

/// Columns of the row that a statement stands at; bytes only for as long as it stands there.
extension Statement {
    func bytes(at column: CInt) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(sqliteStatement, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(sqliteStatement, column)))
    }

    func text(at column: CInt) -> String { String(decoding: bytes(at: column), as: UTF8.self) }

    func number(at column: CInt) -> Int64 { sqlite3_column_int64(sqliteStatement, column) }
}
