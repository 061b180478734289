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

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func run() async throws {
        let health = try await file.open(await Settings.load().settings).health
        Terminal.print(json ? try JSONText.make(FlagsDocument(health)) : FlagsText(health: health).text)
        if let problem = health.problem {
            throw CommandFailure(health.state == .missing ? .noInput : .badData, problem)
        }
    }
}
