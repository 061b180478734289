import CommandSupport
import Settings
import ArgumentParser
import DivergenceStore
import Foundation

/// Which databases a command reads.
struct DatabaseOptions: ParsableArguments {
    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "A database to read; once for each instance (default: the setting DATABASE_PATH).", valueName: "file"))
    var paths: [String] = []

    /// The databases, opened to read. Instances may go on writing them.
    func open() async throws -> [DivergenceStore] {
        try await resolve().map { try DivergenceStore.openToRead($0) }
    }

    /// The same, to write as well. None is made if there is none.
    func openToWrite() async throws -> [DivergenceStore] {
        let paths = try await resolve()
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            throw CommandFailure(
                .noInput, "there is no database at \(path)", remedy: "Name one with --database or DATABASE_PATH.")
        }
        return try paths.map { try DivergenceStore(path: $0) }
    }

    func resolve() async throws -> [String] {
        paths.isEmpty ? [try await Settings.load(for: .database).recorder.databasePath] : paths
    }
}

/// Which database a command works on.
struct OneDatabaseOption: ParsableArguments {
    @Option(
        name: .customLong("database"),
        help: ArgumentHelp("The database (default: the setting DATABASE_PATH).", valueName: "file"))
    var paths: [String] = []

    func validate() throws {
        guard paths.count <= 1 else {
            throw ValidationError("--database is given \(paths.count) times, and this command takes one")
        }
    }

    func resolve() async throws -> String {
        if let path = paths.first { return path }
        return try await Settings.load(for: .database).recorder.databasePath
    }

    /// The database, opened to read. Instances may go on writing it.
    func open() async throws -> DivergenceStore {
        try DivergenceStore.openToRead(await resolve())
    }
}

extension DivergenceStore {
    /// Opens a database to read, and says so on standard error if it is an incomplete copy.
    static func openToRead(_ path: String) throws -> DivergenceStore {
        let store = try DivergenceStore(readingFrom: path)
        if let end = store.endIfIncomplete {
            Terminal.note(
                """
                parallax: \(path.escapedForTerminal) looks like a copy without its -wal file: records after \(end.iso8601), or \
                from before, are missing. Copy by 'parallax database backup'.
                """)
        }
        return store
    }
}
