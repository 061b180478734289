import ArgumentParser
import ParallaxService

/// `parallax flags show`
struct FlagsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the strategy and the flags behind it.",
        discussion: """
            Shows what an instance with this environment heeds: an environment variable with a safer value than the file's \
            always wins. Exits with 65 where the file is invalid, and with 66 where there is none.
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
        let settings = await Settings.load().settings
        let store = try await file.open(settings)
        let health = store.health
        let promotion = await PromotionStanding(
            store: store, databases: databases.isEmpty ? [settings.recorder.databasePath] : databases)
        Terminal.print(
            json
                ? try JSONText.make(FlagsDocument(health, promotion: promotion))
                : FlagsText(health: health).text + promotion.lines.map { "\n" + $0 }.joined())
        if let problem = health.problem {
            throw CommandFailure(health.state == .missing ? .noInput : .badData, problem)
        }
    }
}
