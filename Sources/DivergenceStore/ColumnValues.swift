import Foundation
import GRDB
import GRDBSQLite
import ParallaxCore

/// A string that is the same as another only when their UTF-8 bytes are, in memory and in the database.
///
/// GRDB binds and reads strings up to their first NUL, and a stranger may send one. So the bytes travel as a blob both
/// ways: SQL writes `CAST(? AS TEXT)` and selects `CAST(column AS BLOB)`, which changes the type and no byte.
struct ExactText: Sendable {
    /// No real organization: what those beyond a bound are counted under.
    static let empty = ExactText("")

    let text: String

    init(_ text: String) {
        self.text = text
    }
}

extension ExactText: Hashable {
    static func == (left: ExactText, right: ExactText) -> Bool {
        var (left, right) = (left.text, right.text)
        return left.withUTF8 { left in
            right.withUTF8 { right in left.count == right.count && left.elementsEqual(right) }
        }
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// By bytes: the order in which SQLite sorts text.
extension ExactText: Comparable {
    static func < (left: ExactText, right: ExactText) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

extension ExactText: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { Data(text.utf8).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> ExactText? {
        Data.fromDatabaseValue(value).map { ExactText(String(decoding: $0, as: UTF8.self)) }
    }
}

/// Straight from the statement: a report reads hundreds of thousands.
extension ExactText: StatementColumnConvertible {
    init?(sqliteStatement: SQLiteStatement, index: CInt) {
        let start = sqlite3_column_blob(sqliteStatement, index)
        let count = Int(sqlite3_column_bytes(sqliteStatement, index))
        self.init(String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self))
    }
}

/// Whole numbers in one short column, such as `3,17,200`.
enum CommaSeparated {
    static func encode(_ numbers: some Sequence<Int>) -> String {
        var text = ""
        for number in numbers {
            if !text.isEmpty { text.append(",") }
            text.append(String(number))
        }
        return text
    }

    static func decode(_ text: String) -> [Int] {
        text.split(separator: ",").compactMap { Int($0) }
    }
}

/// A policy's windows as JSON.
enum StoredWindows {
    private struct StoredWindow: Codable {
        let name: String
        let limit: Int
        let durationMilliseconds: Int64
    }

    /// Longer than any window, and short enough to be added to any time.
    private static let maximumMilliseconds: Int64 = 1 << 53

    static func encode(_ windows: [Window]) throws -> Data {
        try JSONEncoder().encode(
            windows.map {
                StoredWindow(name: $0.name, limit: $0.limit, durationMilliseconds: $0.durationMilliseconds)
            })
    }

    static func decode(_ data: Data) throws -> [Window] {
        try JSONDecoder().decode([StoredWindow].self, from: data).map {
            guard $0.limit >= 0, (1...maximumMilliseconds).contains($0.durationMilliseconds) else {
                throw DivergenceStoreError(
                    .altered, "the database holds a policy that cannot be; restore it from a copy")
            }
            return Window(name: $0.name, limit: $0.limit, durationMilliseconds: $0.durationMilliseconds)
        }
    }
}
