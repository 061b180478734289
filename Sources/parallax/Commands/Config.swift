import ArgumentParser

/// `parallax config`
struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the settings.", subcommands: [ConfigCheck.self])
}
