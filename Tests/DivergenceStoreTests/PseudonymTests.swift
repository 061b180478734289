import Foundation
import GRDB
import Logging
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct PseudonymTests {
    @Test("no byte of the database or its log holds an identifier, and organizations stay")
    func storesNoIdentifier() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            let recorder = makeRecorder(store, Pseudonyms(key: try key("one", beside: path)))
            record(in: recorder)
            #expect(await recorder.flush())
            // While the log still holds everything, and when it has gone into the database.
            #expect(try contents(beside: path, hold: "acme"))
            #expect(try !contents(beside: path, hold: "ann@example.org"))
            try store.checkpointAndTruncateLog()
            #expect(try contents(of: [path], hold: "acme"))
            #expect(try !contents(beside: path, hold: "ann@example.org"))

            let names = try await store.divergences(limit: 99).map(\.identifier)
            #expect(names.count == 6 && names.allSatisfy { $0.count == 21 && $0.hasPrefix("~") })
            let volumes = try await store.read { try String.fetchSet($0, sql: "SELECT identifier FROM volume") }
            #expect(volumes == Set(names))
            try store.close()
        }
    }

    @Test("without pseudonyms the same check finds the identifier")
    func plain() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            let recorder = makeRecorder(store, nil)
            record(in: recorder)
            #expect(await recorder.flush())
            #expect(try contents(beside: path, hold: "ann@example.org"))
        }
    }

    @Test("a key gives the same pseudonyms after a restart, and another key others")
    func stableUnderKey() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            for name in ["one", "one", "two"] {
                let recorder = makeRecorder(store, Pseudonyms(key: try key(name, beside: path)))
                recorder.compared(.sample(.diverged(.newlyLimited, .boundary), identifier: "ann"))
                #expect(await recorder.flush())
            }
            let report = try await store.report()
            #expect(report.mostAffected.count == 2)
            #expect(report.mostAffected.map { $0.kinds["newly_limited"] } == [2, 1])
        }
    }

    @Test("who has the key finds a caller by the name, whether it was stored as it is or under its pseudonym")
    func found() async throws {
        try await withTemporaryPath { path in
            let store = try DivergenceStore(path: path)
            let pseudonyms = Pseudonyms(key: try key("one", beside: path))
            for pseudonyms in [nil, pseudonyms] {
                let recorder = makeRecorder(store, pseudonyms)
                for name in ["ann", "bob"] {
                    recorder.compared(.sample(.diverged(.newlyLimited, .boundary), identifier: name))
                }
                #expect(await recorder.flush())
            }
            let pseudonym = pseudonyms.rename(try Identity(organization: "acme", identifier: "ann")).identifier
            let stored = try await store.divergences(of: ["ann", pseudonym], limit: 9).map(\.identifier)
            #expect(Set(stored) == ["ann", pseudonym] && stored.count == 2)
        }
    }

    @Test("equal identifiers of two organizations share no pseudonym, wherever one ends and the other begins")
    func apart() throws {
        let pseudonyms = Pseudonyms(key: PseudonymKey())
        let pairs = [("a", "bc"), ("ab", "c"), ("b", "bc"), ("a", "c"), ("c", "ab")]
        let names = Set(pairs.map { pseudonyms.pseudonym(organization: $0, identifier: $1) })
        #expect(names.count == pairs.count)
    }

    @Test("a pseudonym is HMAC-SHA-256 of the organization's length, the organization and the identifier")
    func knownAnswer() async throws {
        try await withTemporaryPath { path in
            let pseudonyms = Pseudonyms(key: try key("k", beside: path))
            #expect(pseudonyms.pseudonym(organization: "acme", identifier: "ann") == "~16a38a9f46c25ffcf7db")
            let identity = try Identity(organization: "acme", identifier: "ann")
            #expect(pseudonyms.rename(identity).identifier == "~16a38a9f46c25ffcf7db")
            #expect(pseudonyms.rename(identity).organization == "acme")
        }
    }

    @Test(
        "a key file that is missing, a folder, short, too long or open to all users is refused, and its key never shown"
    )
    func refusesKeys() async throws {
        try await withTemporaryPath { path in
            #expect(throws: PseudonymKeyError.unreadable(path: path)) { try PseudonymKey(file: path) }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            #expect(throws: PseudonymKeyError.unreadable(path: folder)) { try PseudonymKey(file: folder) }
            for (bytes, rights, error) in [
                (0, 0o600, PseudonymKeyError.tooShort(path: path)), (31, 0o600, .tooShort(path: path)),
                (65_537, 0o600, .tooLong(path: path)), (32, 0o604, .open(path: path)), (32, 0o602, .open(path: path)),
            ] {
                try write(String(repeating: "k", count: bytes), to: path, rights: rights)
                #expect(throws: error) { try PseudonymKey(file: path) }
            }
            let pipe = path + ".pipe"
            try #require(mkfifo(pipe, 0o600) == 0)
            #expect(throws: PseudonymKeyError.notRegular(path: pipe)) { try PseudonymKey(file: pipe) }
            try write(String(repeating: "k", count: 32), to: path, rights: 0o640)
            let key = try PseudonymKey(file: path)
            #expect(!"\(key) \(String(reflecting: key))".contains("k"))
            var dumped = ""
            dump(key, to: &dumped)
            #expect(!dumped.contains("symmetric"))
        }
    }

    private func makeRecorder(_ store: DivergenceStore, _ pseudonyms: Pseudonyms?) -> Recorder {
        Recorder(
            store: store, instance: "a", settings: .init(), pseudonyms: pseudonyms,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: ContinuousClock(), now: { .sample })
    }

    /// Every result, with rows, volumes and rows beyond the organizations' bound.
    private func record(in recorder: Recorder) {
        for result in everyResult.prefix(16) {
            recorder.compared(.sample(result, identifier: "ann@example.org"))
        }
    }

    private func key(_ name: String, beside path: String) throws -> PseudonymKey {
        let file = path + "." + name
        try write(String(repeating: name, count: 32), to: file, rights: 0o600)
        return try PseudonymKey(file: file)
    }

    private func write(_ text: String, to path: String, rights: Int) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: rights], ofItemAtPath: path)
    }

    /// Whether the database, or a file that SQLite keeps next to it, holds a text.
    private func contents(beside path: String, hold text: String) throws -> Bool {
        try contents(of: [path, path + "-wal", path + "-shm"], hold: text)
    }

    private func contents(of paths: [String], hold text: String) throws -> Bool {
        try paths.filter(FileManager.default.fileExists).contains {
            try Data(contentsOf: URL(fileURLWithPath: $0)).firstRange(of: Data(text.utf8)) != nil
        }
    }
}
