import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct MigratorTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../migrations").standardizedFileURL

    @Test("the table of migrations names every file of the folder, in order, with its text")
    func namesEveryFile() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".sql") }.sorted()
        #expect(Migration.all.map { $0.name + ".sql" } == files)
        for migration in Migration.all {
            #expect(migration.name.hasPrefix(String(format: "%04d_", migration.version)))
            let text = try Data(contentsOf: Self.folder.appendingPathComponent(migration.name + ".sql"))
            #expect(Array(text) == migration.text)
        }
    }

    @Test("every applied migration is noted with its name, the hash of its text and the time")
    func notesWhatItApplied() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path, migrations: Migration.all, now: .sample)
            let rows = try await store.read {
                try Row.fetchAll($0, sql: "SELECT version, name, sha256, applied_at FROM schema_migration")
                    .map(\.description)
            }
            #expect(
                rows
                    == Migration.all.map {
                        "[version:\($0.version) name:\"\($0.name)\" sha256:\"\($0.sha256)\" applied_at:\(Timestamp.sample.milliseconds)]"
                    })
        }
    }

    @Test("the hash is the SHA-256 of the text")
    func hashesText() {
        #expect(
            Migration(version: 1, name: "x", text: Array("abc".utf8)).sha256
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("a database that is up to date opens again, and keeps what it holds")
    func opensAgain() async throws {
        try await withTemporaryPath { path in
            let first = try DivergenceStore(path: path)
            try await first.setRollbackState("latch", to: "held", at: .sample)
            try first.close()
            #expect(try await DivergenceStore(path: path).rollbackState("latch") == "held")
        }
    }

    @Test("a new migration is applied to a database that has the older ones")
    func appliesNewOne() async throws {
        try await withTemporaryPath { path in
            try DivergenceStore(path: path).close()
            let store = try DivergenceStore(path: path, migrations: Migration.all + [.later])
            #expect(try await store.read { try $0.tableExists("later") })
        }
    }

    @Test("a migration that fails leaves nothing of itself behind")
    func failsWhole() async throws {
        try await withTemporaryPath { path in
            let broken = Migration(
                version: Migration.all.count + 1, name: "9999_broken",
                text: Array("CREATE TABLE half (id INTEGER); CREATE TABLE total (id INTEGER);".utf8))
            let error = #expect(throws: DivergenceStoreError.self) {
                try DivergenceStore(path: path, migrations: Migration.all + [broken])
            }
            #expect(error?.code == .failedMigration)
            #expect(error?.message.contains("9999_broken") == true)
            let store = try DivergenceStore(path: path)
            #expect(try await store.read { try !$0.tableExists("half") })
        }
    }

    @Test("an applied migration whose text has changed is refused by name", arguments: [false, true])
    func refusesChangedText(isReadOnly: Bool) async throws {
        try await withTemporaryPath { path in
            try DivergenceStore(path: path, migrations: Migration.all + [.later]).close()
            let changed = Migration(version: Migration.later.version, name: "9999_later", text: Array("SELECT 1;".utf8))
            let error = #expect(throws: DivergenceStoreError.self) {
                try DivergenceStore(path: path, migrations: Migration.all + [changed], isReadOnly: isReadOnly)
            }
            #expect(error?.code == .changedMigration)
            #expect(error?.message.contains("9999_later") == true && error?.message.contains(path) == true)
        }
    }

    @Test("a database of a newer version is refused by the name of its migration", arguments: [false, true])
    func refusesNewer(isReadOnly: Bool) async throws {
        try await withTemporaryPath { path in
            try DivergenceStore(path: path, migrations: Migration.all + [.later]).close()
            let error = #expect(throws: DivergenceStoreError.self) {
                try DivergenceStore(path: path, migrations: Migration.all, isReadOnly: isReadOnly)
            }
            #expect(error?.code == .newerSchema)
            #expect(error?.message.contains("9999_later") == true)
        }
    }

    @Test("many openings of one new database at the same time all succeed")
    func opensAtTheSameTime() async throws {
        for _ in 0..<10 {
            try await withTemporaryPath { path in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<6 {
                        group.addTask {
                            let store = try DivergenceStore(path: path)
                            try await store.setRollbackState("\(number)", to: "here", at: .sample)
                        }
                    }
                    try await group.waitForAll()
                }
                let store = try DivergenceStore(path: path)
                let counts = try await store.read {
                    try (
                        Int.fetchOne($0, sql: "SELECT COUNT(*) FROM schema_migration")!,
                        Int.fetchOne($0, sql: "SELECT COUNT(*) FROM rollback_state")!
                    )
                }
                #expect(counts == (Migration.all.count, 6))
            }
        }
    }
}

extension Migration {
    fileprivate static let later = Migration(
        version: all.count + 1, name: "9999_later", text: Array("CREATE TABLE later (id INTEGER);".utf8))
}
