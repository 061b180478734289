import ArgumentParser
import ParallaxCore
import Settings

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

/// `NAME=VALUE` on the command line.
struct FlagAssignment: Equatable, Sendable, ExpressibleByArgument {
    let name: FlagName
    let value: FlagValue

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = FlagName(rawValue: parts[0].uppercased()) else { return nil }
        self.name = name
        let text = parts[1].lowercased()
        if name.isBoolean {
            guard let value = ["true": true, "on": true, "1": true, "false": false, "off": false, "0": false][text]
            else { return nil }
            self.value = .boolean(value)
        } else {
            guard let value = Double(text), (0...100).contains(value) else { return nil }
            self.value = .number(value)
        }
    }

    static var allValueStrings: [String] {
        FlagName.allCases.map { "\($0.rawValue)=\($0.isBoolean ? "true|false" : "0...100")" }
    }
}

extension FlagUpdate {
    /// An update of a strategy's flags and then of single ones.
    init(strategy: Strategy?, assignments: [FlagAssignment], emptiesTargeting: Bool) {
        self.init(emptiesTargeting: emptiesTargeting)
        switch strategy {
        case .legacy: distributedEnabled = false
        case .hybrid: (distributedEnabled, hybrid) = (true, true)
        case .distributedOnly: (distributedEnabled, hybrid) = (true, false)
        case nil: break
        }
        for assignment in assignments {
            switch (assignment.name, assignment.value) {
            case (.distributedEnabled, .boolean(let value)): distributedEnabled = value
            case (.hybrid, .boolean(let value)): hybrid = value
            case (.failOpen, .boolean(let value)): failOpen = value
            case (.enforcementPercent, .number(let value)): enforcementPercent = value
            default: preconditionFailure("an assignment's value is of its flag's type")
            }
        }
    }
}
