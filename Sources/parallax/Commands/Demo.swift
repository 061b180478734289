import ArgumentParser
import CommandSupport
import DivergenceStore
import Foundation
import Logging
import ParallaxCore
import RedisLimiting
import Simulation

/// `parallax demo`
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run two instances with one Redis under traffic, and show where the limiters differed.",
        discussion: """
            Starts a private Redis and two instances in hybrid mode, sends both in turn the requests of modelled \
            traffic (many quiet clients, some that come in bursts, one that abuses the service), or those of an \
            access log, stops them, and prints the report. Limits are the defaults, or RATE_LIMIT_… of the environment.

              parallax demo --seconds 20
              parallax demo --log access.log.gz --rate 500
            """)

    @Option(help: "How long modelled traffic lasts.")
    var seconds = 60

    @Option(help: "The seed of modelled traffic: the same one gives the same requests.")
    var seed = ModelledTraffic.defaultSeed

    @Option(
        help: ArgumentHelp(
            "Send the requests of this access log instead, in its order; the client's address is the identifier. Common or combined format, plain or gzip.",
            valueName: "file"))
    var log: String?

    @Option(help: "Requests a second of the log (default: as fast as they are answered).")
    var rate: Double?

    @Flag(help: "Keep the databases and the instances' logs.")
    var keep = false

    @Flag(help: "Print the counts and the report as JSON.")
    var json = false

    func validate() throws {
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds must be from 1 to 86400.") }
        if let rate {
            guard rate.isFinite, rate > 0 else { throw ValidationError("--rate must be above 0.") }
            guard log != nil else {
                throw ValidationError("--rate is for --log; modelled traffic comes at its own pace.")
            }
        }
    }

    var traffic: Demonstration.Traffic {
        log.map { .log(path: $0, rate: rate) } ?? .modelled(seed: seed, seconds: seconds)
    }

    func run() async throws {
        try checkLog()
        let folder = try TemporaryFolder()
        defer { leave(folder) }
        guard try await run(in: folder) else { return }
        throw ExitCode(130)
    }

    /// Finds out that a log cannot be read before anything is started.
    private func checkLog() throws {
        guard let log else { return }
        _ = try AccessLogReader(path: log)
    }

    /// - Returns: Whether it was interrupted.
    @inline(never)
    private func run(in folder: TemporaryFolder) async throws -> Bool {
        let redis = try await EmbeddedRedis.start(logger: Logger(label: "parallax.demo"))
        defer { redis.stop() }
        let instances = zip(["a", "b"], try LoopbackPorts.find(2)).map {
            DemoInstance(name: $0, port: $1, folder: folder.path, redisURL: redis.url.description)
        }
        let demonstration = Demonstration(
            traffic: traffic, instances: instances, style: .detect(descriptor: STDERR_FILENO),
            executable: "/proc/self/exe", environment: ProcessInfo.processInfo.environment)
        let (outcome, wasInterrupted) = try await withInterruption { try await demonstration.run() }
        let report = try await DivergenceStore.report(
            of: instances.map { try DivergenceStore(readingFrom: $0.databasePath) }, maximumAffected: 10)
        try show(outcome, report)
        if let failure = outcome.sending.failure { throw failure }
        return wasInterrupted
    }

    private func show(_ outcome: Demonstration.Outcome, _ report: DivergenceReport) throws {
        for name in outcome.killed {
            Terminal.note("Instance \(name) did not end by itself; what it had not written is missing below.")
        }
        if json {
            return Terminal.print(try JSONText.make(DemoDocument(outcome, report)))
        }
        let style = TerminalStyle.detect(descriptor: STDOUT_FILENO)
        let counts = outcome.sending.tally.lines(elapsed: outcome.sending.elapsed)
        let log = outcome.log.map { LogTallyText(tally: $0).lines } ?? []
        Terminal.print((counts + log).joined(separator: "\n"))
        Terminal.print("\n" + ReportText(report: report, style: style).text)
    }

    private func leave(_ folder: TemporaryFolder) {
        guard keep else { return folder.remove() }
        Terminal.note(
            "Kept in \(folder.path). The report again:\n\(folder.reportCommand(of: ["a", "b"], program: CommandLine.arguments[0]))"
        )
    }
}

extension Demo {
    /// What `demo --json` prints.
    struct DemoDocument: Encodable {
        let sent: Int
        let answered: [String: Int]
        let failed: [String: Int]
        let seconds: Double
        let malformedLines: Int?
        let report: DivergenceReport

        init(_ outcome: Demonstration.Outcome, _ report: DivergenceReport) {
            let tally = outcome.sending.tally
            sent = tally.sent
            answered = Dictionary(uniqueKeysWithValues: tally.answered.map { ("\($0.key)", $0.value) })
            failed = tally.failed
            seconds = outcome.sending.elapsed / .seconds(1)
            malformedLines = outcome.log?.malformedCount
            self.report = report
        }
    }
}
