import ArgumentParser
import CommandSupport
import DivergenceStore

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
