import CommandSupport
import Settings
import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore

/// `parallax report`
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide whether to go on: the verdict, who would be hit, why, and what that stands on.",
        discussion: """
            Totals are exact for every minute; times are widened to whole minutes. Single divergences are kept up to a \
            bound, and the report says how many were only counted. A running instance is not disturbed. With --since it \
            also says what changed against the period before.

              parallax report --since 7d
              parallax report --since 7d --gate
              parallax report --since 2026-11-23T14:00:00Z --until 2026-11-23T15:00:00Z --organization acme
              parallax report --database a.sqlite --database b.sqlite --format html --output report.html

            Exit codes of --gate: 0 go, 2 wait, 3 no-go. The bounds are the settings GATE_…; docs/report.md explains the \
            checks, and the keys and columns of the formats.
            """)

    @OptionGroup var databases: DatabaseOptions

    @OptionGroup var selection: DivergenceSelection

    @OptionGroup var file: FlagFileOption

    @Option(help: "How many of the most affected organizations and identities to list.")
    var top = 10

    @Option(help: ArgumentHelp("How to print it: \(ReportFormat.names).", valueName: "format"))
    var format: ReportFormat?

    @Flag(help: "The same as --format json.")
    var json = false

    @Option(help: ArgumentHelp("The lines of --format csv: totals (of minutes) or divergences.", valueName: "rows"))
    var rows: CSVRows?

    @Option(help: ArgumentHelp("Write it to this file, whole or not at all.", valueName: "file"))
    var output: String?

    @Flag(help: "End with the exit code of the verdict: 0 go, 2 wait, 3 no-go.")
    var gate = false

    func validate() throws {
        guard (0...1000).contains(top) else { throw ValidationError("--top must be from 0 to 1000.") }
        guard !json || format == nil || format == .json else {
            throw ValidationError("--json and --format contradict each other.")
        }
        guard rows == nil || format == .csv else { throw ValidationError("--rows belongs to --format csv.") }
    }

    func run() async throws {
        let now = Timestamp.now()
        let filter = try selection.makeFilter(now: now)
        let settings = try await Settings.load(for: [.gate, .flags])
        let stores = try await databases.open()
        var report = try await DivergenceStore.report(
            of: stores, filter, maximumAffected: top, comparedWith: Self.periodBefore(filter, now: now))
        var circumstances = await GateCircumstances(flags: try await file.open(settings), now: now)
        // What held at the end of a period of the past is not what the file says now.
        if filter.until != nil { circumstances.strategy = nil }
        let verdict = try await DivergenceStore.gate(
            report, of: stores, settings: settings.gate, circumstances, now: now)
        report.gate = verdict
        try await write(report, of: stores, filter, now: now)
        if gate, verdict.verdict != .go { throw verdict.verdict.exitCode }
    }

    /// As long as the period that the filter names; `nil` if that has no beginning.
    static func periodBefore(_ filter: DivergenceFilter, now: Timestamp) -> Range<Timestamp>? {
        // Whole minutes, as the report itself has: no minute is in both.
        guard let since = filter.since?.startOfMinute else { return nil }
        let length = (filter.until ?? now) - since
        return length > 0 ? (since + -length)..<since : nil
    }

    private func write(
        _ report: DivergenceReport, of stores: [DivergenceStore], _ filter: DivergenceFilter, now: Timestamp
    ) async throws {
        let output = ReportOutput(path: output)
        switch format ?? (json ? .json : .text) {
        case .text: try output.write(ReportText(report: report, style: output.style).text)
        case .html:
            let details = try await DivergenceStore.details(of: stores, filter)
            try output.write(ReportPage(report: report, details: details, now: now).text)
        case .json: try output.write(JSONText.make(report))
        case .csv:
            var sink = try output.open()
            try await ReportCSV(stores: stores, filter: filter, rows: rows ?? .totals).write(report, to: &sink)
            try sink.finish()
        }
    }
}

/// How a report is printed.
enum ReportFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case html
    case json
    case csv

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension CSVRows: ExpressibleByArgument {}

extension GateVerdict {
    /// As people read it.
    var word: String {
        switch self {
        case .go: "GO"
        case .wait: "WAIT"
        case .noGo: "NO-GO"
        }
    }

    /// What tells it to scripts: the numbers never change.
    var exitCode: ExitCode {
        switch self {
        case .go: .success
        case .wait: ExitCode(2)
        case .noGo: ExitCode(3)
        }
    }
}

extension DivergenceKind: ExpressibleByArgument {}
extension DivergenceCause: ExpressibleByArgument {}
