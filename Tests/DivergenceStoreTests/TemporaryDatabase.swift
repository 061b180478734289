import Foundation
import GRDB

@testable import DivergenceStore

/// Gives a path in a folder of its own, which is gone afterwards.
func withTemporaryPath<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("parallax-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.appendingPathComponent("test.sqlite").path)
}

/// Gives a new database, closed and gone afterwards.
func withStore<Value>(_ body: (DivergenceStore) async throws -> Value) async throws -> Value {
    try await withTemporaryPath { path in
        let store = try DivergenceStore(path: path)
        defer { try? store.close() }
        return try await body(store)
    }
}

/// Holds the write lock of the database from another connection.
func withExclusiveLock(on path: String, _ body: (DatabaseQueue) async throws -> Void) async throws {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    // A recorder may just be writing.
    configuration.busyMode = .timeout(30)
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    try await body(other)
    try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
}

/// Makes a database full; SQLite never sets the limit below what the file has already.
func limitPages(_ pages: Int, of store: DivergenceStore) async throws {
    try await store.write { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
}
