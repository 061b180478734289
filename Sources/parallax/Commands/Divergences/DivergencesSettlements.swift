import ArgumentParser
import CommandSupport
import DivergenceStore
import ParallaxCore

/// `parallax divergences settlements`
struct DivergencesSettlements: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settlements",
        abstract: "List what reviewers settled: who, when, why, and whether it still holds.",
        discussion:
            "The newest first. With --since it says whether each still holds for what was recorded from then on.")

    @OptionGroup var databases: DatabaseOptions

    @Option(help: "Count the groups from this time on: 15m, 2h or 7d ago, or 2026-11-23T14:00:00Z.")
    var since: ReportTime?

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func run() async throws {
        let filter = DivergenceFilter(since: since?.resolve(now: Timestamp.now()))
        let statuses = try await DivergenceStore.settlements(of: databases.open(), filter)
        Terminal.print(
            json
                ? try JSONText.make(statuses)
                : statuses.isEmpty ? "Nothing was settled." : SettlementsText.lines(statuses).joined(separator: "\n"))
    }
}
