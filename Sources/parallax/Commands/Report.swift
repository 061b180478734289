import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxService

/// `parallax report`
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where the two limiters differed, and why.",
        discussion: """
            Totals are exact for every minute; times are widened to whole minutes. Single divergences are kept up to a \
            bound, and the report says how many were only counted. A running instance is not disturbed.

              parallax report --since 1h
              parallax report --since 2026-11-23T14:00:00Z --until 2026-11-23T15:00:00Z --organization acme
              parallax report --database a.sqlite --database b.sqlite --json
            """)

    @OptionGroup var databases: DatabaseOptions

    @Option(help: "From this time on: 15m, 2h or 7d ago, or 2026-11-23T14:00:00Z.")
    var since: ReportTime?

    @Option(help: "Up to this time, written in the same way.")
    var until: ReportTime?

    @Option(help: "This organization alone.")
    var organization: String?

    @Option(help: "Divergences of this kind alone; what was compared stays.")
    var kind: DivergenceKind?

    @Option(help: "Divergences of this cause alone; what was compared stays.")
    var cause: DivergenceCause?

    @Option(help: "How many of the most affected identities to list.")
    var top = 10

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard (0...1000).contains(top) else { throw ValidationError("--top must be from 0 to 1000.") }
    }

    func run() async throws {
        let report = try await DivergenceStore.report(
            of: databases.open(), makeFilter(now: FlagStore.wallClock()), maximumAffected: top)
        let style = TerminalStyle.detect(descriptor: STDOUT_FILENO)
        Terminal.print(json ? try JSONText.make(report) : ReportText(report: report, style: style).text)
    }

    func makeFilter(now: Timestamp) throws -> DivergenceFilter {
        let filter = DivergenceFilter(
            since: since?.resolve(now: now), until: until?.resolve(now: now), organization: organization, kind: kind,
            cause: cause)
        if let since = filter.since, let until = filter.until, until <= since {
            throw CommandFailure(.usage, "--until is not after --since")
        }
        return filter
    }
}

extension DivergenceKind: ExpressibleByArgument {}
extension DivergenceCause: ExpressibleByArgument {}
