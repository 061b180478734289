import ArgumentParser
import CommandSupport
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ParallaxCore
import RedisLimiting
import ServiceLifecycle
import UnixSignals

/// `parallax-bench http`
struct BenchHTTP: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "Measure POST /v1/check in each strategy, next to a bare Hummingbird route.",
        discussion: """
            Starts a private Redis, one instance for each strategy and a bare route, and asks them in turn with wrk over \
            64 connections, 1000 identifiers in rotation. Only one is asked at a time; every round asks all, and the \
            medians of the rounds are shown. All limits are so high that nothing is refused: every request is counted. \
            No rollback happens in between.

            With --rate the requests come at about so many a second, for latencies that say something of a service with \
            time to spare; the table shows the actual rate. The last column is the share of all answers for which \
            Redis gave a verdict.

              parallax-bench http --rounds 3 --seconds 10
              parallax-bench http --rate 5000
            """)

    @Option(help: "How often each server is measured.")
    var rounds = 5

    @Option(help: "How long each measurement lasts.")
    var seconds = 5

    @Option(help: "Requests a second; default: as many as are answered.")
    var rate: Int?

    @Option(
        help: ArgumentHelp(
            "The program 'parallax' that is measured (default: the one in this program's folder).", valueName: "file"))
    var parallax: String?

    @Flag(help: "Print every round and the medians as JSON.")
    var json = false

    func validate() throws {
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 100.") }
        guard (1...30_000).contains(rate ?? 1) else { throw ValidationError("--rate must be from 1 to 30000.") }
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds must be from 1 to 600.") }
    }

    func run() async throws {
        let wrk = try WrkCommand.find(searchPath: ProcessInfo.processInfo.environment["PATH"] ?? "")
        let folder = try TemporaryFolder(for: "bench")
        defer { folder.remove() }
        let (result, wasInterrupted) = try await measure(wrk, in: folder)
        guard !wasInterrupted, let result else { throw ExitCode(130) }
        Terminal.print(json ? try JSONText.make(result) : result.text)
        for name in result.serversWithErrors {
            Terminal.note("Some requests to \(name) failed or were not answered with 2xx: its figures say little.")
        }
        for server in result.serversWithoutCandidate {
            let failures = (server.candidate?.failures ?? [:]).sorted { $0.value > $1.value }
            let reasons = failures.map { "\($0.key) \(NumberFormat.count($0.value))" }.joined(separator: ", ")
            Terminal.note(
                "Redis did not answer throughout for \(server.name): its figures do not count. "
                    + (reasons.isEmpty ? "It was not asked for all." : "What failed: \(reasons)."))
        }
    }

    /// The path of the service's program: a given one, or the one that was built next to this program.
    private static func serviceProgram(_ given: String?) throws -> String {
        let path =
            given
            ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("parallax").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw CommandFailure(
                .failure, "\(path.escapedForTerminal) cannot be run",
                remedy: "Build it with 'make build', or name it with --parallax.")
        }
        return path
    }

    /// - Returns: Nothing, where it was interrupted.
    @inline(never)
    private func measure(
        _ wrk: WrkCommand, in folder: TemporaryFolder
    ) async throws -> (result: HTTPBenchmarkResult?, wasInterrupted: Bool) {
        let redis = try await EmbeddedRedis.start(logger: Logger(label: "parallax.bench"))
        defer { redis.stop() }
        let servers = zip(BenchServer.Kind.allCases, try LoopbackPorts.find(BenchServer.Kind.allCases.count)).map {
            BenchServer(kind: $0, port: $1, folder: folder.path, redisURL: redis.url.description)
        }
        let benchmark = HTTPBenchmark(
            servers: servers, wrk: wrk, folder: folder.path, rounds: rounds, seconds: seconds, rate: rate,
            parallax: try Self.serviceProgram(parallax), environment: ProcessInfo.processInfo.environment)
        return try await withInterruption { try await benchmark.run() }
    }
}

/// `parallax-bench route`: the bare route that checks are measured against.
struct BenchRoute: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "route",
        abstract: "Answer every check with the same few bytes, until standard input closes.",
        shouldDisplay: false)

    @Option(help: "The port of 127.0.0.1 to listen on.")
    var port: Int

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535.") }
    }

    func run() async throws {
        var logger = Logger(label: "parallax.bench")
        logger.logLevel = .warning
        let app = Application(
            router: BenchRoute.makeRouter(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)), logger: logger)
        let services: [any Service] = [app, StandardInputMonitor()]
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
        }
        let group = ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await ServiceGroup(configuration: group).run()
    }

    private static func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        let answer = ByteBuffer(string: #"{"allowed":true}"#)
        router.post("/v1/check") { request, _ in
            // A check has to read its body too.
            _ = try await request.body.collect(upTo: 16 * 1024)
            return Response(
                status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: answer))
        }
        router.get("/health/ready") { _, _ in HTTPResponse.Status.ok }
        return router
    }
}
