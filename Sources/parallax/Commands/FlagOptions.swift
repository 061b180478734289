import ArgumentParser
import CommandSupport
import DivergenceStore
import FeatureFlags
import Foundation
import ParallaxCore
import Settings

/// Which flag file a command works on.
struct FlagFileOption: ParsableArguments {
    @Option(
        name: .customLong("file"),
        help: ArgumentHelp("The flag file (default: the setting FEATURE_FLAG_FILE).", valueName: "file"))
    var path: String?

    /// The file as an instance with these settings sees it, read once, never made.
    ///
    /// - Parameter history: Where changes are kept; `nil` keeps none.
    func open(_ settings: Settings, history: (any FlagHistory)? = nil) async throws -> FlagStore {
        let store = FlagStore(
            path: path ?? settings.flags.file, environment: try settings.environmentFlags(),
            isProduction: settings.instance.isProduction, history: history)
        await store.refresh()
        return store
    }

    /// The file if it is there and the settings that lead to it are valid, for commands that can do without.
    func openIfUsable() async -> FlagStore? {
        let loaded = await Settings.load()
        guard path != nil || loaded.errors(for: .flags).isEmpty,
            FileManager.default.fileExists(atPath: path ?? loaded.settings.flags.file)
        else { return nil }
        return try? await open(loaded.settings)
    }

    /// The history where there is one. Instances that see the change keep it too, and it is kept once; so that it
    /// cannot be kept here is not a reason to fail.
    static func history(in path: String) -> (any FlagHistory)? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try DivergenceStore(path: path)
        } catch {
            Terminal.note(
                "note: instances keep this change in the history, not this command: \(error)".escapedForTerminal)
            return nil
        }
    }
}

/// Who changes the flags, and why.
struct FlagChangeOptions: ParsableArguments {
    @Option(help: "Why; kept in the file and in the history.")
    var reason: String

    @Option(help: "Who you are (default: the user's name).")
    var by: String?

    var person: String { by ?? CurrentUser.current }

    func validate() throws {
        try CurrentUser.validate(by: person, reason: reason)
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
        await RollbackProtection(store: store, database: database).warn(going: change.to.strategy)
        try await FollowingInstances(store: store).report()
    }
}

/// Who runs the command.
enum CurrentUser {
    /// The name of the user who logged in, not of the one that `sudo` made of them.
    static var current: String { name(in: ProcessInfo.processInfo.environment, account: NSUserName()) }

    /// The name of the user by an environment and the account of the process.
    ///
    /// The account that the service runs as, such as `parallax`, is told apart from the service itself, which does not end a
    /// hold with what it writes.
    static func name(in environment: [String: String], account: String) -> String {
        let name =
            ["SUDO_USER", "LOGNAME", "USER"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? account
        return FlagDeclaration.isOwnName(name) ? "user \(name)" : name
    }

    /// Checks what is kept with a change.
    ///
    /// - Throws: `ValidationError` naming the option that is empty, too long or not one line of text, or a name that is the
    ///   service's own.
    static func validate(by: String, reason: String, reasonOption: String = "--reason") throws {
        for (option, text) in [("--by", by), (reasonOption, reason)] {
            guard let problem = OneLineText.problem(in: text) else { continue }
            throw ValidationError(problem.description(of: "value of \(option)") + ".")
        }
        // As it will stand in the file.
        let declaration = FlagDeclaration(by: by, reason: reason, changedAt: "")
        guard declaration.isByPerson else {
            throw ValidationError(
                "The value of --by is \"\(declaration.by)\", a name under which the service itself writes: "
                    + "give another that says who you are.")
        }
    }
}
