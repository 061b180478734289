import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import ParallaxCore
import Simulation
import Settings

/// `parallax rollback simulate`
struct RollbackSimulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Try the watchdog's settings: on modelled traffic, or on what it saw last week.",
        discussion: """
            Runs the service's rollback evaluator in virtual time. Without a scenario it prints how often it rolls back \
            without need and how soon it rolls back when it should, each figure next to its bar. Settings are the service's \
            (ROLLBACK_…); options of the same names override them.

              parallax rollback simulate
              parallax rollback simulate --error-rate-percent 2 --error-minimum 50
              parallax rollback simulate --rate 3 --errors 4 --days 365
              parallax rollback simulate --rate 50 --outage 10m --probe-success 25
              parallax rollback simulate --rate 10 --outage 100s --outage-up 60s
              parallax rollback simulate --rate 5 --latency-median 12 --latency-spread 1.2 --latency-factor 2.5

            With --database it judges the stored evaluations of a service again: would these settings have fired?

              parallax rollback simulate --database parallax.sqlite --since 7d --error-rate-percent 3
            """)

    /// The seed if none is named; it is printed, so that a run can be repeated.
    static let defaultSeed: UInt64 = 20_260_101

    @OptionGroup(title: "A service of your own") var scenario: ScenarioOptions

    @OptionGroup(title: "Settings to try") var trial: RollbackSettingOptions

    @Option(help: "Days to simulate: of a scenario, or of each figure of false rollbacks (default: 100, 400).")
    var days: Int?

    @Option(help: "Faults to simulate for each time to detect.")
    var runs = 1_000

    @Option(
        help: ArgumentHelp(
            "Print this table only; may be given several times. One of \(RollbackTables.Part.names).", valueName: "name"
        ))
    var table: [RollbackTables.Part] = []

    @Option(help: "The seed of the traffic: the same one gives the same figures.")
    var seed = Self.defaultSeed

    @Option(help: ArgumentHelp("Judge the evaluations in this database instead of modelled ones.", valueName: "file"))
    var database: String?

    @Option(help: "With --database, from this time on: 15m, 2h or 7d ago, or 2026-11-23T14:00:00Z.")
    var since: ReportTime?

    @Option(help: "With --database, up to this time, written in the same way.")
    var until: ReportTime?

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        if let days, !(1...36_500).contains(days) { throw ValidationError("--days must be from 1 to 36500.") }
        guard (1...1_000_000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000000.") }
        guard database != nil else {
            guard since == nil, until == nil else { throw ValidationError("--since and --until belong to --database.") }
            return
        }
        guard scenario.isEmpty, days == nil, table.isEmpty else {
            throw ValidationError(
                "--database judges what was stored; leave out --days, --table and the options of a scenario.")
        }
        if let reason = trial.changes.beyondStoredEvidence.first {
            throw ValidationError("--database cannot try \(reason).")
        }
    }

    func run() async throws {
        if let database { return try await rejudge(database) }
        let settings = try trial.settings(over: try await Settings.load(for: .rollback).rollback)
        if scenario.isEmpty {
            try await printTables(settings)
        } else {
            try printScenario(settings)
        }
    }

    private func printTables(_ settings: RollbackSettings) async throws {
        let extent = RollbackTables.Extent(
            days: days ?? 400, latencyDays: min(days ?? 100, 100), runs: runs, seed: seed)
        var tables = RollbackTables()
        Terminal.note("Simulating \(NumberFormat.count(extent.days)) days a figure: minutes; fewer --days take less.")
        if !json { Terminal.print(RollbackTablesText.head(extent, settings)) }
        for part in RollbackTables.Part.allCases where table.isEmpty || table.contains(part) {
            try await tables.fill(part, extent, settings: settings)
            if !json { Terminal.print("\n" + RollbackTablesText(tables: tables, extent: extent).text(of: part)) }
        }
        Terminal.print(
            json
                ? try JSONText.make(RollbackTablesDocument(tables, extent, settings))
                : "\n" + RollbackTablesText(tables: tables, extent: extent).summary)
    }

    private func printScenario(_ settings: RollbackSettings) throws {
        let outcome = try scenario.makeScenario(days: days ?? 100).run(settings: settings, seed: seed)
        Terminal.print(
            json
                ? try JSONText.make(ScenarioDocument(outcome, seed: seed, settings))
                : ScenarioText(outcome: outcome, seed: seed, settings: settings).text)
    }

    private func rejudge(_ path: String) async throws {
        // Only to refuse what no service would take; what is not changed stays as it was stored.
        _ = try trial.settings(over: RollbackSettings())
        let now = Timestamp.now()
        let (from, end) = (since?.resolve(now: now), until?.resolve(now: now))
        if let from, let end, end <= from { throw CommandFailure(.usage, "--until is not after --since") }
        let store = try DivergenceStore.openToRead(path)
        let history = try await RejudgedHistory.read(store, since: from, until: end, changes: trial.changes)
        let rollbacks = try await store.rollbacks(limit: 100_000).filter { stored in
            let time = stored.rollback.evaluation.time
            return (from.map { time >= $0 } ?? true) && (end.map { time < $0 } ?? true)
        }
        Terminal.print(
            json
                ? try JSONText.make(RejudgedDocument(history, rollbacks))
                : RejudgedText(history: history, rollbacks: rollbacks).text)
    }
}

extension RollbackTables.Part: ExpressibleByArgument {
    /// As options call them.
    private var name: String {
        switch self {
        case .falseRollbacks: "false-rollbacks"
        case .errors: "errors"
        case .redisDown: "redis-down"
        case .crashLoops: "crash-loops"
        case .rareOutages: "rare-outages"
        case .unchangedLatency: "unchanged-latency"
        case .latency: "latency"
        }
    }

    fileprivate static let names = allCases.map(\.name).joined(separator: ", ")

    package init?(argument: String) {
        guard let part = RollbackTables.Part.allCases.first(where: { $0.name == argument }) else { return nil }
        self = part
    }
}

/// Settings of the watchdog to try, named as the settings `ROLLBACK_…` are.
struct RollbackSettingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Try another ROLLBACK_REDIS_DOWN_SECONDS.", valueName: "seconds"))
    var redisDownSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_REDIS_DOWN_WINDOW_SECONDS.", valueName: "seconds"))
    var redisDownWindowSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_RATE_PERCENT.", valueName: "percent"))
    var errorRatePercent: Double?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_WINDOW_SECONDS.", valueName: "seconds"))
    var errorWindowSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_SHORT_WINDOW_SECONDS.", valueName: "seconds"))
    var errorShortWindowSeconds: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_ERROR_MINIMUM.", valueName: "attempts"))
    var errorMinimum: Int?

    @Option(help: ArgumentHelp("Try another ROLLBACK_OUTAGES_AS_ERRORS.", valueName: "true|false"))
    var outagesAsErrors: Bool?

    @Option(help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_FACTOR.", valueName: "factor"))
    var responseTimeFactor: Double?

    @Option(help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_MINIMUM.", valueName: "samples"))
    var responseTimeMinimum: Int?

    @Option(
        name: .customLong("response-time-floor-ms"),
        help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_FLOOR_MS.", valueName: "milliseconds"))
    var responseTimeFloorMilliseconds: Double?

    @Option(help: ArgumentHelp("Try another ROLLBACK_RESPONSE_TIME_UNWAITED.", valueName: "true|false"))
    var responseTimeUnwaited: Bool?

    @Option(help: ArgumentHelp("Try another ROLLBACK_EVALUATION_INTERVAL.", valueName: "seconds"))
    var evaluationInterval: Int?

    var changes: RollbackSettings.Changes {
        var changes = RollbackSettings.Changes()
        changes.redisDownSeconds = redisDownSeconds
        changes.redisDownWindowSeconds = redisDownWindowSeconds
        changes.errorRatePercent = errorRatePercent
        changes.errorWindowSeconds = errorWindowSeconds
        changes.errorShortWindowSeconds = errorShortWindowSeconds
        changes.errorMinimum = errorMinimum
        changes.outagesAsErrors = outagesAsErrors
        changes.responseTimeFactor = responseTimeFactor
        changes.responseTimeMinimum = responseTimeMinimum
        changes.responseTimeFloorMilliseconds = responseTimeFloorMilliseconds
        changes.responseTimeUnwaited = responseTimeUnwaited
        changes.evaluationInterval = evaluationInterval
        return changes
    }

    /// The changes over other settings.
    ///
    /// - Throws: ``CommandFailure`` naming every option that is out of its range.
    func settings(over settings: RollbackSettings) throws -> RollbackSettings {
        let settings = settings.applying(changes)
        do {
            try settings.validate()
        } catch {
            throw CommandFailure(
                .usage, "the watchdog does not accept these settings: \(error)",
                remedy: "docs/configuration.md has the range of each setting.")
        }
        return settings
    }
}
