import CommandSupport
import Settings
import ArgumentParser
import DivergenceStore
import ParallaxCore

/// `parallax flags restore`
struct FlagsRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Set the flags to what they were after a change in the history.",
        discussion: """
            Sets the values of the four flags, as a new change with a name and a reason. Everything else in the file stays \
            as it is now: other programs' flags, variants and targeting rules may have changed since, and are not this \
            command's to undo. A history whose chain of hashes is broken is not restored from.

              parallax flags history
              parallax flags restore 12 --reason "back to before the last step"
            """)

    @Argument(help: ArgumentHelp("The change's number in 'parallax flags history'.", valueName: "number"))
    var sequence: Int64

    @OptionGroup var change: FlagChangeOptions

    @Flag(
        name: .customLong("empty-targeting"),
        help: "Empty the flags' targeting rules too, which other clients put above the default.")
    var emptiesTargeting = false

    @OptionGroup var file: FlagFileOption
    @OptionGroup var database: OneDatabaseOption

    func validate() throws {
        guard sequence >= 1 else { throw ValidationError("Changes are numbered from 1.") }
    }

    func run() async throws {
        let settings = try await Settings.load(for: .flags)
        let entry = try await entry(in: database.open())
        let databasePath = try await database.resolve()
        let history = FlagFileOption.history(in: databasePath)
        let store = try await file.open(settings, history: history)
        let update = FlagUpdate(restoring: entry.change.to, emptiesTargeting: emptiesTargeting)
        try await change.change(store, update, database: databasePath, saying: "restores change \(sequence): ")
    }

    private func entry(in store: DivergenceStore) async throws -> FlagHistoryEntry {
        if let fault = try await store.verifyFlagHistory() {
            throw CommandFailure(
                .badData, "\(FlagsHistory.sentence(fault)), so nothing is restored from it",
                remedy: "Set the flags with 'parallax flags set', and compare \(store.path) with a copy from before.")
        }
        guard let entry = try await store.flagHistoryEntry(sequence) else {
            throw CommandFailure(
                .noInput, "the history has no change \(sequence)",
                remedy: "'parallax flags history' lists those that it has; each database has its own.")
        }
        return entry
    }
}
