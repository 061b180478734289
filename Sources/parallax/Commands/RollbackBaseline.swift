import FeatureFlags
import Settings
import ArgumentParser
import ParallaxCore

/// `parallax rollback baseline`
struct RollbackBaseline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline",
        abstract: "See or forget what response times are compared with.",
        discussion: """
            The baseline is how long callers waited in legacy. Instances that share a flag file share it, in the folder next \
            to that file, so that a new instance has one. Forget it if it was learned while something else was slow.
            """, subcommands: [Show.self, Forget.self], defaultSubcommand: Show.self)

    /// `parallax rollback baseline show`
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show the shared baseline.")

        @OptionGroup var file: FlagFileOption

        @Flag(help: "Print JSON with stable keys.")
        var json = false

        func run() async throws {
            let settings = try await Settings.load(for: [.flags, .rollback])
            let text = BaselineText(
                shared: try await file.open(settings).sharedBaseline ?? SharedBaseline(),
                settings: settings.rollback, now: Timestamp.now())
            Terminal.print(json ? try JSONText.make(text.document) : text.text)
        }
    }

    /// `parallax rollback baseline forget`
    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget", abstract: "Discard the baseline, so that instances learn a new one in legacy.",
            discussion: """
                Instances follow it within seconds, those that are stopped when they start. Until a new one is learned, response \
                times cannot cause a rollback, unless BASELINE_HOLDOUT_PERCENT is set.

                  parallax rollback baseline forget --reason "learned while the network was slow"
                """)

        @Option(help: "Why it is no longer valid.")
        var reason: String

        @Option(help: "Who you are (default: the user's name).")
        var by: String?

        @OptionGroup var file: FlagFileOption

        func run() async throws {
            let word = try Acknowledgement(
                validating: by ?? Person.current, reason: reason, time: Timestamp.now())
            try await file.open(try await Settings.load(for: .flags)).forgetBaselines(word)
            Terminal.print("Forgotten. Run in legacy to learn a new one; /health says what is missing.")
        }
    }
}
