import ArgumentParser
import CommandSupport
import FeatureFlags
import ParallaxCore
import Settings

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
            let acknowledgement = try Acknowledgement(
                validating: by ?? CurrentUser.current, reason: reason, time: Timestamp.now())
            try await file.open(try await Settings.load(for: .flags)).forgetBaselines(acknowledgement)
            Terminal.print("Forgotten. Run in legacy to learn a new one; /health says what is missing.")
        }
    }
}

/// The baselines that instances share, as text and as JSON.
struct BaselineText {
    /// One source's baseline. Times are milliseconds since the Unix epoch.
    struct Entry: Encodable {
        let source: String
        let state: String
        let samples: Int
        let frozenAt: Timestamp?
        let p95Milliseconds: Double?
        let medianMilliseconds: Double?
    }

    struct Document: Encodable {
        let baselines: [Entry]
        let forgottenAt: Timestamp?
        let forgottenBy: String?
        let forgottenReason: String?
    }

    let shared: SharedBaseline
    let settings: RollbackSettings
    let now: Timestamp

    var document: Document {
        Document(
            baselines: ResponseTimeSource.allCases.map(entry), forgottenAt: shared.forgotten?.time,
            forgottenBy: shared.forgotten?.by, forgottenReason: shared.forgotten?.reason)
    }

    var text: String {
        var table = TextTable([.left, .left, .right, .right, .right, .left])
        table.add("source", "state", "times", "median", "p95", "frozen")
        for entry in document.baselines {
            table.add(
                entry.source, entry.frozenAt == nil ? "none" : entry.state, NumberFormat.count(entry.samples),
                Self.milliseconds(entry.medianMilliseconds), Self.milliseconds(entry.p95Milliseconds),
                entry.frozenAt.map { "\($0.text) UTC" } ?? "")
        }
        let forgotten = shared.forgotten.map { acknowledgement in
            "What was learned before \(acknowledgement.time.text) UTC was forgotten by \(acknowledgement.by.escapedForTerminal): "
                + acknowledgement.reason.escapedForTerminal
        }
        return (table.lines(indent: 0) + [forgotten].compactMap(\.self)).joined(separator: "\n")
    }

    private func entry(_ source: ResponseTimeSource) -> Entry {
        let state = shared.baseline.state(of: source, at: now, settings: settings)
        let frozen: Baseline.Frozen? =
            switch state {
            case .learning: nil
            case .frozen(let frozen), .stale(let frozen): frozen
            }
        return Entry(
            source: source.rawValue, state: state.stage.rawValue, samples: state.samples, frozenAt: frozen?.frozenAt,
            p95Milliseconds: frozen?.samples.quantile(0.95).map { $0 / .milliseconds(1) },
            medianMilliseconds: frozen?.samples.quantile(0.5).map { $0 / .milliseconds(1) })
    }

    private static func milliseconds(_ time: Double?) -> String {
        time.map { NumberFormat.time(milliseconds: $0) } ?? "-"
    }
}
