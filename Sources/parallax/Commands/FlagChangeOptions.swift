import CommandSupport
import FeatureFlags
import ArgumentParser
import ParallaxCore

/// Who changes the flags, and why.
struct FlagChangeOptions: ParsableArguments {
    @Option(help: "Why; kept in the file and in the history.")
    var reason: String

    @Option(help: "Who you are (default: the user's name).")
    var by: String?

    var person: String { by ?? Person.current }

    func validate() throws {
        try Person.validate(by: person, reason: reason)
    }

    /// Changes the file, takes over a drill that is under way, and says what has changed.
    ///
    /// - Parameters:
    ///   - database: Whose latch says too whether a rollback can take place afterwards.
    ///   - word: What the history says before the reason.
    /// - Throws: ``FollowingInstances/exitCode`` if the file is written and an instance does not follow it.
    func change(
        _ store: FlagStore, _ update: FlagUpdate, database: String, saying word: String = ""
    ) async throws {
        if let drill = await store.abandonDrill() { Terminal.note(DrillText.abandoned(drill)) }
        guard let change = try await store.set(update, by: person, reason: word + reason) else {
            return Terminal.print("The file says so already; nothing was changed.")
        }
        await store.finishHistory()
        Terminal.print(FlagsText.change(from: change.from, to: change.to))
        for note in store.health.notes { Terminal.note("note: \(note.escapedForTerminal)") }
        await Protection(store: store, database: database).warn(going: change.to.strategy)
        try await FollowingInstances(store: store).report()
    }
}
