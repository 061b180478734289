import Foundation
import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct LockTimeoutTests {
    private func store(at path: String, busyTimeout: Duration) throws -> DivergenceStore {
        try DivergenceStore(path: path, migrations: Migration.all, busyTimeout: busyTimeout)
    }

    private static func write(_ store: DivergenceStore) async throws {
        try await store.write { try $0.execute(sql: "PRAGMA user_version = 7") }
    }

    @Test("a statement that waits for a lock ends at the instant that is set meanwhile", .timeLimit(.minutes(1)))
    func endsWaiting() async throws {
        try await withTemporaryPath { path in
            let store = try store(at: path, busyTimeout: .seconds(3600))
            try await withExclusiveLock(on: path) { _ in
                let writing = Task { try await Self.write(store) }
                store.waitForLocks(until: .now)
                let error = await #expect(throws: DivergenceStoreError.self) { try await writing.value }
                #expect(error?.code == .locked)
            }
            // Without a lock everything is written, also later.
            try await Self.write(store)
        }
    }

    @Test("until the instant a statement waits longer than it would otherwise", .timeLimit(.minutes(1)))
    func waitsLonger() async throws {
        try await withTemporaryPath { path in
            let store = try store(at: path, busyTimeout: .zero)
            store.waitForLocks(until: .now + .seconds(3600))
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            let writing = Task { try await Self.write(store) }
            try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            try await writing.value
        }
    }

    @Test("a statement waits for the time-out and no longer", arguments: [0, 1, 499, 500, 501])
    func timeout(tries: Int) {
        let timeout = LockTimeout(timeout: .seconds(5))
        #expect(timeout.wait(tries: tries) == (tries < 500))
    }
}
