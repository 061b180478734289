import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

/// Evaluations that an earlier release stored, in the databases of `Tests/IntegrationTests/Fixtures`.
@Suite struct StoredEvidenceTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "IntegrationTests/Fixtures")

    private func withFixture(_ name: String, _ body: (DivergenceStore) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parallax-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let copy = folder.appending(path: name)
        try FileManager.default.copyItem(at: Self.fixtures.appending(path: name), to: copy)
        let store = try DivergenceStore(path: copy.path)
        try await body(store)
        try store.close()
    }

    @Test("every number is written again as it was stored", arguments: ["a.sqlite", "b.sqlite", "held.sqlite"])
    func numbers(name: String) async throws {
        try await withFixture(name) { store in
            for table in ["evaluation", "rollback_event"] {
                let rows = try await store.read {
                    try Row.fetchAll($0, sql: "SELECT \(Evaluation.columns) FROM \(table)").map {
                        (numbers: try StoredEvidence.decode($0["figures"]), evaluation: try Evaluation($0))
                    }
                }
                #expect(!rows.isEmpty)
                for row in rows { #expect(row.evaluation.numbers == row.numbers) }
            }
        }
    }

    @Test(
        "the watchdog's evaluations are judged again as they were", arguments: ["a.sqlite", "b.sqlite", "held.sqlite"])
    func judgedAgain(name: String) async throws {
        try await withFixture(name) { store in
            for evaluation in try await store.evaluations(limit: 10_000) {
                let rejudged = try #require(evaluation.rejudged(with: .init()))
                #expect(rejudged.state == evaluation.state && rejudged.numbers == evaluation.numbers)
            }
        }
    }
}
