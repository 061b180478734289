import GRDB

/// The tables, columns and indexes of a database.
enum StoredSchema {
    static func text(of path: String) throws -> String {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: path, configuration: configuration).read { database in
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            return try tables.map { table in
                let columns = try Row.fetchAll(
                    database, sql: "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?)", arguments: [table]
                ).map { "  \($0[0] as String) \($0[1] as String) notnull \($0[2] as Int) pk \($0[3] as Int)" }
                let indexes = try String.fetchAll(
                    database,
                    sql:
                        "SELECT type || ' ' || name FROM sqlite_schema WHERE tbl_name = ? AND type != 'table' ORDER BY 1",
                    arguments: [table]
                ).map { "  \($0)" }
                return ([table] + columns + indexes).joined(separator: "\n")
            }.joined(separator: "\n\n")
        }
    }
}
