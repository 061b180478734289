import ArgumentParser
import DivergenceStore

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
