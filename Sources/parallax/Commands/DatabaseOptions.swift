import ArgumentParser
import DivergenceStore
import ParallaxService

/// Which databases a command reads.
struct DatabaseOptions: ParsableArguments {
    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "A database to read; once for each instance (default: the setting DATABASE_PATH).", valueName: "file"))
    var paths: [String] = []

    /// The databases, opened to read. Instances may go on writing them.
    func open() async throws -> [DivergenceStore] {
        let paths = paths.isEmpty ? [await Settings.load().settings.recorder.databasePath] : paths
        return try paths.map { try DivergenceStore(readingFrom: $0) }
    }
}

/// Which database a command works on.
struct OneDatabaseOption: ParsableArguments {
    @Option(
        name: .customLong("database"),
        help: ArgumentHelp("The database (default: the setting DATABASE_PATH).", valueName: "file"))
    var path: String?

    func resolve() async -> String {
        if let path { return path }
        return await Settings.load().settings.recorder.databasePath
    }

    /// The database, opened to read. Instances may go on writing it.
    func open() async throws -> DivergenceStore {
        try DivergenceStore(readingFrom: await resolve())
    }
}
