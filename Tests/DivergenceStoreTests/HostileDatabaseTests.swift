import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

/// Databases that someone has written to mislead a reader, or to keep it busy.
@Suite struct HostileDatabaseTests {
    /// Gives the error with which reading ends.
    private func readingError(
        of statements: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> DivergenceStoreError? {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            let recorder = Recorder.sample(store)
            for _ in 0..<3 { recorder.compared(.sample(.diverged(.newlyLimited, .boundary))) }
            await recorder.flush()
            try await store.record(
                Rollback(
                    evaluation: Evaluation(
                        trigger: .redisDown, time: .sample, state: .firing, sentence: ""),
                    isDryRun: false, flagsBefore: .defaultValue, flagsAfter: .defaultValue))
            try store.close()
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { database in
                for sql in statements { try database.execute(sql: sql) }
            }
            try queue.close()
            return await #expect(throws: DivergenceStoreError.self, sourceLocation: sourceLocation) {
                let reader = try DivergenceStore(readingFrom: path)
                _ = try await reader.report()
                _ = try await reader.rollbacks(limit: 9)
                _ = try await DivergenceStore.settlements(of: [reader])
            }
        }
    }

    @Test(
        "what no version of Parallax writes is refused as altered",
        arguments: [
            ["UPDATE total SET requests = 9223372036854775807"], ["UPDATE total SET requests = -1"],
            ["UPDATE volume SET control_only_units = 9223372036854775807"],
            ["INSERT INTO dropped VALUES (0, 'row', 'sampled', 9223372036854775807)"],
            [
                "INSERT INTO duration VALUES (0, 'control', 20, 4611686018427387904), (0, 'control', 21, 4611686018427387904)"
            ],
            ["UPDATE rollback_event SET acknowledged_at = 9223372036854775807"],
            ["UPDATE total SET minute = 9223372036854775807"], ["UPDATE divergence SET time = -9223372036854775807"],
            ["UPDATE instance SET started_at = -9223372036854775807"],
            [
                "ALTER TABLE total RENAME TO t",
                """
                CREATE VIEW total AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                SELECT i AS minute, 'agreed' AS outcome, '' AS detail, '' AS cause, '' AS organization, 1 AS requests,
                    1 AS stored, 1 AS control_allowed, 1 AS control_limited, 1 AS candidate_allowed,
                    1 AS candidate_limited, 1 AS control_units, 1 AS candidate_units FROM n
                """,
            ],
            ["CREATE VIEW harmless AS SELECT 1"],
            ["CREATE TRIGGER mine AFTER INSERT ON total BEGIN DELETE FROM divergence; END"],
            ["DROP TABLE noise"], ["DROP TABLE noise", "CREATE TABLE noise (minute, compared, diverged)"],
            ["UPDATE rollback_event SET flags_before = '{}'"], ["UPDATE rollback_event SET figures = 'no JSON'"],
            ["UPDATE policy SET windows = '[{\"name\":\"x\",\"limit\":1,\"durationMilliseconds\":0}]'"],
        ])
    func refuses(statements: [String]) async throws {
        #expect(try await readingError(of: statements)?.code == .altered)
    }

    @Test("reading ends when it has taken more steps than its file can need")
    func interrupts() async throws {
        try await withStore { store in
            let error = await #expect(throws: DivergenceStoreError.self) {
                try await store.read { database in
                    StepBudget(steps: 5_000_000).install(on: database)
                    _ = try Int.fetchOne(
                        database,
                        sql: "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n")
                }
            }
            #expect(error?.code == .altered)
        }
    }

    @Test("tables and indexes of another program do not keep a database from being read")
    func acceptsAdditions() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            try await store.write { database in
                try database.execute(sql: "CREATE TABLE mine (id INTEGER)")
                try database.execute(sql: "CREATE INDEX mine_total ON total (organization)")
            }
            try store.close()
            #expect(try await DivergenceStore(readingFrom: path).report().compared == 0)
        }
    }

    @Test("a database in a folder that may not be written is read", .enabled(if: getuid() != 0))
    func readsReadOnlyFolder() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            try await store.setRollbackState("latch", to: "held", at: .sample)
            try store.close()
            let folder = (path as NSString).deletingLastPathComponent
            chmod(path, 0o444)
            chmod(folder, 0o555)
            defer { chmod(folder, 0o755) }
            #expect(try await DivergenceStore(readingFrom: path).rollbackState("latch") == "held")
        }
    }
}
