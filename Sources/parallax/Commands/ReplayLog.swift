import CommandSupport
import Settings
import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore
import RedisLimiting
import Simulation

/// `parallax replay`
struct ReplayLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run an access log through both limiters, and forecast what the migration changes.",
        discussion: """
            Judges every request of the log at its own time: by instances that each limit in their own memory, as they do \
            today, and by the one limiter that they would share. Prints the report of 'parallax report', and what fleets \
            of several sizes really let through, who would start to get 429s, and which limits would keep today's \
            traffic whole. Nothing is deployed, and no client is limited.

            Limits are those of the service: the settings RATE_LIMIT_… and config/*.yaml, or --policy.

              parallax replay access.log.gz --instances 4
              parallax replay access.log --policy second=20,minute=120,day=5000/1d --algorithm fixed_window
              parallax replay access.log --redis redis://127.0.0.1:6379
              zcat access.log.2.gz access.log.1.gz | parallax replay - --database forecast.sqlite --hash-identities
            """)

    @Argument(help: "The access log, plain or gzip; - is standard input.")
    var log: String

    @Option(help: "Instances of the service that requests are dealt out to.")
    var instances = 4

    @Option(help: "How requests are dealt out: \(Self.names(of: LoadBalancing.self)).")
    var balance = LoadBalancing.roundRobin

    @Option(help: "The seed of --balance random: the same one deals out alike.")
    var seed: UInt64 = 1

    @Option(help: "How each instance limits: \(Self.names(of: LimiterAlgorithm.self)) (default: LEGACY_ALGORITHM).")
    var algorithm: LimiterAlgorithm?

    @Option(help: "The identity that requests are limited as: \(Self.names(of: LogIdentification.self)).")
    var identify = LogIdentification.client

    @Option(help: "The organization of all clients, whose limits are taken.")
    var organization = Identity.globalOrganization

    @Option(
        help: ArgumentHelp(
            "The limits, instead of the settings': name=limit or name=limit/duration, with commas between.",
            valueName: "windows"))
    var policy: PolicyArgument?

    @Option(help: "How lines are written: \(Self.names(of: LogFormat.self)).")
    var format = LogFormat.auto

    @Option(help: ArgumentHelp("How far a line may be from its place in time.", valueName: "duration"))
    var reorder = DurationArgument(milliseconds: 300_000)

    @Option(help: "Fleet sizes to forecast for, in addition to --instances, separated by commas.")
    var forecast = FleetSizes(sizes: [1, 2, 4, 8])

    @Option(
        help: ArgumentHelp(
            "Let a real Redis be the shared limiter, judging at the log's times; other keys in it are not touched.",
            valueName: "url"))
    var redis: String?

    @Option(help: ArgumentHelp("Write what a service would record to this new database.", valueName: "file"))
    var database: String?

    @Flag(
        name: .customLong("hash-identities"),
        help: "Show and record pseudonyms instead of clients: the same within a run, others in the next.")
    var hashIdentities = false

    @Option(help: "How many of the most affected clients to list.")
    var top = 10

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard (1...256).contains(instances) else { throw ValidationError("--instances must be from 1 to 256.") }
        guard (0...1000).contains(top) else { throw ValidationError("--top must be from 0 to 1000.") }
        guard reorder.milliseconds <= 86_400_000 else { throw ValidationError("--reorder must be at most 1d.") }
        guard (1...Identity.maximumBytes).contains(organization.utf8.count) else {
            throw ValidationError("--organization must have from 1 to \(Identity.maximumBytes) bytes.")
        }
    }

    func run() async throws {
        let plan = try await makePlan()
        let folder = try database == nil ? TemporaryFolder(for: "replay") : nil
        defer { folder?.remove() }
        let store = try makeStore(in: folder)
        let (outcome, wasInterrupted) = try await withInterruption { try await plan.run(recordingIn: store) }
        let report = try await store.report(maximumAffected: top)
        if database != nil { try store.checkpointAndTruncateLog() }
        try show(outcome, report)
        if let failure = outcome.failure { throw failure }
        if wasInterrupted { throw ExitCode(130) }
    }

    /// What is to be run, by the options over the settings.
    func makePlan(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> ReplayPlan {
        let settings = try await Settings.load(
            for: redis == nil ? .limits : [.limits, .redis], environment: environment)
        var simulation = Simulation.Settings()
        simulation.instances = instances
        simulation.forecastSizes = forecast.sizes
        simulation.balance = balance
        simulation.seed = seed
        simulation.algorithm = algorithm ?? settings.legacy.algorithm
        simulation.bounds = settings.legacy.bounds
        simulation.tolerances = settings.comparison.tolerances
        let standard = settings.limits.book.policy(for: organization)
        return ReplayPlan(
            log: log, format: format, identification: identify, organization: organization,
            reorderMilliseconds: reorder.milliseconds, policy: try policy?.makePolicy(standard) ?? standard,
            simulation: simulation, hashesIdentities: hashIdentities,
            redis: try redis.map { try makeRedis($0, settings) }, top: top)
    }

    /// The service's settings at another address. Its password, where the address has none, comes from the file of the
    /// settings: on a command line all users can read it.
    private func makeRedis(_ address: String, _ settings: Settings) throws -> RedisSettings {
        do {
            var url = try RedisURL(address)
            if !url.hasPassword, let file = settings.redis.passwordFile {
                url = try url.authenticated(by: PasswordFile(path: file))
            }
            return settings.redisSettings(at: url)
        } catch let error as RedisURLError {
            throw CommandFailure(.usage, "--redis: \(error)")
        }
    }

    /// A replay's records never mix with others': their times are history.
    private func makeStore(in folder: TemporaryFolder?) throws -> DivergenceStore {
        if let database, FileManager.default.fileExists(atPath: database) {
            throw CommandFailure(
                .usage, "\(database) exists already", remedy: "Name a new one with --database.")
        }
        return try DivergenceStore(path: database ?? "\(folder?.path ?? ".")/replay.sqlite")
    }

    private func show(_ outcome: ReplayOutcome, _ report: DivergenceReport) throws {
        if json { return Terminal.print(try JSONText.make(ReplayDocument(outcome, report))) }
        let style = TerminalStyle.detect(descriptor: STDOUT_FILENO)
        var parts = [ReplayText(outcome: outcome, style: style).head]
        if outcome.judged > 0 { parts.append(ReportText(report: report, style: style).text) }
        parts.append(ForecastText(outcome: outcome, style: style).text)
        Terminal.print(parts.joined(separator: "\n\n"))
        if let database {
            Terminal.note(
                "Recorded in \(database.escapedForTerminal): parallax report --database \(database.escapedForTerminal)")
        }
    }

    private static func names<Value: CaseIterable & RawRepresentable<String>>(of type: Value.Type) -> String {
        let names = Value.allCases.map(\.rawValue)
        return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
    }
}

extension LoadBalancing: ExpressibleByArgument {}
extension LimiterAlgorithm: ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}
extension LogIdentification: ExpressibleByArgument {}
