import GRDB

/// Whether a database that another program may have written is one that this version could have made, before it is read.
///
/// Reading takes for granted what the schema says: that a column has numbers, and is not a view that computes for ever.
struct SchemaCheck {
    /// Up to this size every row is looked at, since damage in one can give a value of another type than its column has.
    private static let maximumBytesChecked: Int64 = 16 << 20
    /// The end of the year 9999.
    private static let latestMilliseconds: Int64 = 253_402_300_799_999

    private struct Object: Equatable {
        let type: String
        let name: String
        let sql: String
        let isVirtual: Bool
    }

    let migrations: [Migration]
    let path: String

    /// - Throws: ``DivergenceStoreError`` with code `altered` or `corrupt`.
    func check(_ database: Database) throws {
        try checkObjects(database)
        try checkTimes(database)
        try checkRows(database)
    }

    /// Our tables and triggers as migrations make them. What others added may stay, if it does nothing on its own.
    private func checkObjects(_ database: Database) throws {
        let expected = try DatabaseQueue().write { memory in
            for migration in migrations { try memory.execute(sql: migration.sql) }
            return try Self.objects(in: memory)
        }
        let found = try Self.objects(in: database)
        for object in found where object.type == "view" || object.type == "trigger" || object.isVirtual {
            guard expected.contains(object) else { throw altered("has a \(object.type) \(object.name)") }
        }
        for object in expected where !found.contains(object) {
            throw altered("has not the \(object.type) \(object.name) that it should have")
        }
    }

    private static func objects(in database: Database) throws -> [Object] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT CAST(type AS TEXT), CAST(name AS TEXT), COALESCE(CAST(sql AS TEXT), ''),
                    type = 'table' AND COALESCE(CAST(rootpage AS INTEGER), 0) = 0
                FROM sqlite_schema WHERE type IN ('table', 'trigger', 'view') AND substr(name, 1, 7) <> 'sqlite_'
                """
        ).map { row in Object(type: row[0], name: row[1], sql: row[2], isVirtual: row[3]) }
    }

    /// Times are subtracted and added to: none may be far from ours. The indexes give the first and the last.
    private func checkTimes(_ database: Database) throws {
        let columns = [
            ("total", "minute"), ("dropped", "minute"), ("volume", "minute"), ("noise", "minute"),
            ("reported", "minute"),
            ("divergence", "time"), ("duration", "minute"), ("alert", "time"),
            ("evaluation", "time"), ("instance", "started_at"), ("instance", "last_flush_at"), ("flag_history", "time"),
            ("rollback_event", "time"), ("rollback_event", "acknowledged_at"), ("settlement", "time"),
        ]
        for (table, column) in columns {
            let isWrong = try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM (
                            SELECT MIN(\(column)) AS time FROM \(table) UNION ALL SELECT MAX(\(column)) FROM \(table))
                        WHERE time IS NOT NULL AND NOT time BETWEEN 0 AND \(Self.latestMilliseconds))
                    """)
            if isWrong == true { throw altered("holds times that cannot be in \(table)") }
        }
    }

    private func checkRows(_ database: Database) throws {
        let bytes = try Int64.fetchOne(
            database, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        guard let bytes, bytes <= Self.maximumBytesChecked else { return }
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        guard verdict == "ok" else {
            throw DivergenceStoreError(
                .corrupt, "the database \(path) is damaged (\(verdict ?? "no verdict")); restore it from a copy")
        }
    }

    private func altered(_ problem: String) -> DivergenceStoreError {
        DivergenceStoreError(.altered, "the database \(path) \(problem); restore it from a copy")
    }
}
