import Crypto
import GRDB
import ParallaxCore

/// Brings a database from whatever step of the schema it has to the newest one.
///
/// GRDB's own migrator keeps the names of what it applied, not the text: see `docs/decisions/own-migrator.md`.
struct Migrator: Sendable {
    private struct Applied {
        let version: Int
        let name: String
        let sha256: String
    }

    /// In order, versions from 1 without gaps.
    let migrations: [Migration]

    init(migrations: [Migration]) {
        precondition(
            migrations.map(\.version) == Array(1..<(migrations.count + 1)),
            "migrations are numbered from 1 without gaps")
        self.migrations = migrations
    }

    /// Applies what is missing, each step in a transaction of its own.
    ///
    /// Every transaction takes the write lock first and then looks again at what has been applied, so of two processes
    /// at one new file each step is done by one and seen as done by the other.
    func migrate(_ writer: some DatabaseWriter, path: String, now: Timestamp) throws {
        try writer.writeWithoutTransaction { database in
            var isFinished = false
            while !isFinished {
                try database.inTransaction(.immediate) {
                    let applied = try checkedApplied(database, path: path)
                    if applied < migrations.count {
                        try apply(migrations[applied], to: database, path: path, now: now)
                    } else {
                        isFinished = true
                    }
                    return .commit
                }
            }
        }
    }

    /// Checks that the database has exactly this version's schema, changing nothing.
    func check(_ database: Database, path: String) throws {
        let applied = try checkedApplied(database, path: path)
        guard applied == migrations.count else {
            let advice =
                applied == 0
                ? "is empty; a copy of a live database without its -wal can look like this: copy by `parallax database backup`"
                : "has an older schema than this version; run `parallax migrate` on it"
            throw DivergenceStoreError(.olderSchema, "the database \(path) \(advice)")
        }
        try SchemaCheck(migrations: migrations, path: path).check(database)
    }

    /// Refuses a database that another program made, a newer version, or one whose migrations had another text.
    func refuse(_ database: Database, path: String) throws {
        try refuseForeign(database, path: path)
        _ = try checkedApplied(database, path: path)
    }

    private func refuseForeign(_ database: Database, path: String) throws {
        // One statement, so that another process cannot migrate the new file between two looks at it.
        let foreignTables = try Int.fetchOne(
            database,
            sql: """
                SELECT COUNT(*) FROM sqlite_schema
                WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'
                    AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration')
                """)
        guard foreignTables == 0 else {
            throw DivergenceStoreError(
                .foreign, "\(path) is another program's database; set DATABASE_PATH to a file of its own")
        }
    }

    /// The number of applied steps, all of them as this version knows them.
    private func checkedApplied(_ database: Database, path: String) throws -> Int {
        let applied = try fetchApplied(database)
        for (index, step) in applied.enumerated() {
            guard index < migrations.count else {
                throw DivergenceStoreError(
                    .newerSchema,
                    "the database \(path) was written by a newer version (migration \(step.name)); use that version, or name another file"
                )
            }
            let migration = migrations[index]
            guard step.version == migration.version, step.sha256 == migration.sha256 else {
                throw DivergenceStoreError(
                    .changedMigration,
                    "migration \(migration.name) differs from the text that was applied to \(path); restore the file, and put the change into a new migration"
                )
            }
        }
        return applied.count
    }

    private func fetchApplied(_ database: Database) throws -> [Applied] {
        guard try hasMigrationTable(database) else { return [] }
        return try Row.fetchAll(database, sql: "SELECT version, name, sha256 FROM schema_migration ORDER BY version")
            .map { Applied(version: $0[0], name: $0[1], sha256: $0[2]) }
    }

    private func hasMigrationTable(_ database: Database) throws -> Bool {
        try Bool.fetchOne(
            database,
            sql: "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration')")!
    }

    private func apply(_ migration: Migration, to database: Database, path: String, now: Timestamp) throws {
        do {
            try database.execute(sql: migration.sql)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
            throw DivergenceStoreError(
                .failedMigration,
                "migration \(migration.name) failed on \(path): \(error.message ?? "no reason given")",
                cause: error)
        }
        try database.execute(
            sql: "INSERT INTO schema_migration (version, name, sha256, applied_at) VALUES (?, ?, ?, ?)",
            arguments: [migration.version, migration.name, migration.sha256, now.milliseconds])
    }
}

/// One file of `migrations/`: a step of the schema that never changes once released.
struct Migration: Equatable, Sendable {
    /// From 1, without gaps.
    let version: Int
    /// The file's name without its ending, such as `0001_initial`.
    let name: String
    /// The file's bytes.
    let text: [UInt8]

    var sql: String { String(decoding: text, as: UTF8.self) }

    /// The SHA-256 of the text, in lower-case hexadecimal.
    var sha256: String { Hexadecimal.encode(SHA256.hash(data: text)) }
}

extension Migration {
    /// All steps, in order, as embedded in the binary. A new file in `migrations/` gets its line here.
    static let all: [Migration] = [
        Migration(version: 1, name: "0001_initial", text: PackageResources._001_initial_sql),
        Migration(version: 2, name: "0002_settlements", text: PackageResources._002_settlements_sql),
        Migration(version: 3, name: "0003_volume", text: PackageResources._003_volume_sql),
        Migration(version: 4, name: "0004_durations_and_alerts", text: PackageResources._004_durations_and_alerts_sql),
        Migration(version: 5, name: "0005_store", text: PackageResources._005_store_sql),
        Migration(version: 6, name: "0006_reported_control", text: PackageResources._006_reported_control_sql),
    ]
}
