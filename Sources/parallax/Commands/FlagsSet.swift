import Settings
import ArgumentParser
import ParallaxCore

/// `parallax flags set`
struct FlagsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change the strategy or single flags, with a reason that is kept.",
        discussion: """
            Everything else in the file stays as it is. Instances follow within a second.

              parallax flags set --strategy hybrid --reason "start comparing"
              parallax flags set DISTRIBUTED_ENFORCEMENT_PERCENT=5 --reason "first tenants"
              parallax flags set --strategy legacy --empty-targeting --reason "Redis is being moved"
            """)

    @Argument(help: ArgumentHelp("Flags to set.", valueName: "NAME=VALUE"))
    var assignments: [FlagAssignment] = []

    @Option(help: "Set the flags of this strategy.")
    var strategy: Strategy?

    @OptionGroup var change: FlagChangeOptions

    @Flag(
        name: .customLong("empty-targeting"),
        help: "Empty the targeting rules of the flags set, which other clients put above the default.")
    var emptiesTargeting = false

    @OptionGroup var file: FlagFileOption

    func validate() throws {
        guard strategy != nil || !assignments.isEmpty else {
            throw ValidationError("Say what to set: --strategy, or flags such as DISTRIBUTED_ENFORCEMENT_PERCENT=5.")
        }
    }

    func run() async throws {
        let settings = try await Settings.load(for: [.flags, .database])
        let store = try await file.open(settings, history: FlagFileOption.history(in: settings.recorder.databasePath))
        let update = FlagUpdate(strategy: strategy, assignments: assignments, emptiesTargeting: emptiesTargeting)
        try await change.change(store, update, database: settings.recorder.databasePath)
    }
}

extension Strategy: ExpressibleByArgument {}
