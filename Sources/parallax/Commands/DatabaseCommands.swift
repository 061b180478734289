import ParallaxCore
import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import Settings

/// `parallax database`
struct DatabaseCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "database", abstract: "Copy what was recorded.", subcommands: [DatabaseBackup.self])
}

/// `parallax database backup`
struct DatabaseBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write a consistent copy of a database, also while an instance uses it.",
        discussion: """
            A plain copy of the file leaves out what lies in its -wal, and so the latest records. The copy is one file that \
            only this user may read. A file that is there already is not replaced. Reports refuse a copy next to its original.

              parallax database backup --database parallax.sqlite --output monday.sqlite
            """)

    @OptionGroup var database: OneDatabaseOption

    @Option(help: ArgumentHelp("The file to make.", valueName: "file"))
    var output: String

    func run() async throws {
        let store = try await database.open()
        try store.backUp(to: output)
        Terminal.print("Copied \(store.path.escapedForTerminal) to \(output.escapedForTerminal).")
    }
}

/// `parallax migrate`
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring a database's schema up to date, or make a new one.",
        discussion: """
            'parallax serve' does so itself; this is for doing it before. Exits with 65 if the file is not our \
            database, was written by a newer version, or a migration differs from the text that was applied.
            """)

    @OptionGroup var database: OneDatabaseOption

    func run() async throws {
        let path = try await database.resolve()
        try DivergenceStore(path: path).close()
        Terminal.print("The schema of \(path.escapedForTerminal) is up to date.")
    }
}

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
        if let end = store.endOfIncompleteRecords {
            Terminal.note(
                """
                parallax: \(path.escapedForTerminal) looks like a copy without its -wal file: records after \(end.iso8601), or \
                from before, are missing. Copy by 'parallax database backup'.
                """)
        }
        return store
    }
}
