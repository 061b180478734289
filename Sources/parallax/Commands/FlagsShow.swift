import FeatureFlags
import Settings
import ArgumentParser
import ParallaxCore

/// `parallax flags show`
struct FlagsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the strategy and the flags behind it.",
        discussion: """
            Shows what holds for an instance with this environment: an environment variable with a safer value than the file's \
            always wins. Lists the instances that share the file, by what each has written next to it in the last hour: behind \
            are those that have not applied the file as it is, silent those that have written nothing for a minute. Exits with 65 \
            if the file is invalid, and with 66 if it is missing.
            """)

    @OptionGroup var file: FlagFileOption

    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "A database, for the watch after a promotion; once for each instance (default: the setting DATABASE_PATH).",
            valueName: "file"))
    var databases: [String] = []

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func run() async throws {
        let settings = try await Settings.load(for: [.flags, .database, .gate])
        let store = try await file.open(settings)
        let health = store.health
        let instances = InstancesText(
            instances: await store.instances(), health: health, now: Timestamp.now())
        let promotion = await PromotionStanding(
            store: store, databases: databases.isEmpty ? [settings.recorder.databasePath] : databases,
            bounds: settings.gate)
        let protection = await Protection(store: store, database: settings.recorder.databasePath)
        let sections = [
            FlagsText(health: health).text,
            LatchText(latch: protection.latest, settings: protection.settings, now: protection.now).text,
            promotion.lines.joined(separator: "\n"), instances.text,
        ]
        Terminal.print(
            json
                ? try JSONText.make(
                    FlagsDocument(
                        health, instances: instances, fence: store.fence, latch: protection.latest,
                        promotion: promotion))
                : sections.filter { !$0.isEmpty }.joined(separator: "\n"))
        if let problem = health.problem {
            throw CommandFailure(health.state == .missing ? .noInput : .badData, problem)
        }
    }
}
