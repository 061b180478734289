import ArgumentParser
import CommandSupport
import Foundation
import Logging
import ParallaxCore
import RedisLimiting

/// `parallax-bench redis`
struct BenchRedis: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redis",
        abstract: "Measure the distributed limiter next to redis-benchmark on a private Redis.",
        discussion: """
            throughput  256 callers of the limiter, and redis-benchmark -c 50 -P 16
            latency     one caller, and redis-benchmark -c 1
            script      the processor time that Redis takes for the script, and for one that only returns 1; \
            with up to a million units logged, in at least nine rounds
            memory      what identities with 10 and with 1000 units take in Redis

            Both sides of the first two call the same script as often, on the same server in turn, each from an empty \
            database, for identities at random; the default windows have limits that no caller reaches. The script is \
            measured under the default limits. Every round measures all parts, and the medians of the rounds are shown.

              parallax-bench redis throughput latency --rounds 3
            """)

    @Argument(help: "What is measured: throughput, latency, script or memory; default: all of them.")
    var parts: [RedisBenchmark.Part] = []

    @Option(help: "How often each measurement is made; the memory is measured once.")
    var rounds = 5

    @Option(help: "How long each measurement of calls lasts, about.")
    var seconds = 3

    @Option(help: "Identities that calls are spread over, and whose memory is measured.")
    var identities = 10_000

    @Option(
        help: ArgumentHelp(
            "Another release's script, measured next to this one's in the same rounds.", valueName: "file"))
    var reference: String?

    @OptionGroup var report: BenchReport

    func validate() throws {
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 100.") }
        guard (1...600).contains(seconds) else { throw ValidationError("--seconds must be from 1 to 600.") }
        guard (1...1_000_000).contains(identities) else {
            throw ValidationError("--identities must be from 1 to 1000000.")
        }
    }

    func run() async throws {
        let path = try MeasuringProgram.redisBenchmark.find()
        let folder = try TemporaryFolder(for: "bench")
        defer { folder.remove() }
        let benchmark = RedisBenchmark(
            parts: parts.isEmpty ? RedisBenchmark.Part.allCases : parts, rounds: rounds, seconds: seconds,
            identities: identities, redisBenchmarkPath: path, folder: folder.path,
            reference: try reference.map(Self.script))
        let (result, wasInterrupted) = try await withInterruption { try await benchmark.run() }
        guard !wasInterrupted, let result else { throw ExitCode(130) }
        Terminal.print(report.json ? try JSONText.make(Output(result)) : MeasurementTable.text(result.figures))
        try report.enforce(result.figures)
    }

    private static func script(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(
                .failure, "\(path.escapedForTerminal) cannot be read", remedy: "--reference names a file with a script."
            )
        }
        return Array(data)
    }

    private struct Output: Encodable {
        let figures: [BoundedMeasurement]
        let rounds: RedisBenchmarkResult

        init(_ result: RedisBenchmarkResult) {
            figures = result.figures
            rounds = result
        }
    }
}

extension RedisBenchmark.Part: ExpressibleByArgument {}

/// The limiter next to Redis's own tools on one private server: what `parallax-bench redis` runs.
struct RedisBenchmark: Sendable {
    /// What can be measured by itself.
    enum Part: String, CaseIterable, Sendable {
        case throughput
        case latency
        case script
        case memory
    }

    let parts: [Part]
    let rounds: Int
    let seconds: Int
    /// How many identities calls are spread over, and how many the server's memory is measured with.
    let identities: Int
    /// Where redis-benchmark is.
    let redisBenchmarkPath: String
    let folder: String
    /// Another release's script, measured in the same rounds; `nil` for none.
    var reference: [UInt8]?

    /// The script costs microseconds: differences of a hundredth need this many rounds.
    private static let minimumScriptRounds = 9
    private static let lives = 3

    /// Starts a server, measures and ends it, whatever happens in between.
    ///
    /// - Returns: `nil` if the task was cancelled.
    func run() async throws -> RedisBenchmarkResult? {
        var logger = Logger(label: "parallax.bench")
        logger.logLevel = .warning
        let server = try await EmbeddedRedis.start(logger: logger)
        defer { server.stop() }
        let limiter = try RedisLimiter(settings: RedisSettings(url: server.url), logger: logger)
        let connections = Task { await limiter.run() }
        let result: Result<RedisBenchmarkResult, any Error>
        do {
            result = .success(try await measure(limiter, on: server))
        } catch {
            result = .failure(error)
        }
        connections.cancel()
        await connections.value
        // What was cancelled fails in its own ways.
        if Task.isCancelled { return nil }
        return try result.get()
    }

    private func measure(_ limiter: RedisLimiter, on server: EmbeddedRedis) async throws -> RedisBenchmarkResult {
        let redis = MeasuredRedis(client: limiter.client)
        // Many first callers at once would each find it missing.
        _ = try await redis.load(MeasuredScript().source)
        var result = RedisBenchmarkResult()
        if parts.contains(where: { $0 == .throughput || $0 == .latency }) {
            try await race(limiter, on: server, redis, &result)
        }
        if parts.contains(.script) {
            try await measureScript(limiter, redis, &result)
        }
        if parts.contains(.memory) {
            result.memory = try await RedisMemory(redis: redis, limiter: limiter, identities: identities).measure()
        }
        return result
    }

    private func measureScript(
        _ limiter: RedisLimiter, _ redis: MeasuredRedis, _ result: inout RedisBenchmarkResult
    ) async throws {
        let cost = try await ScriptCost(redis: redis, limiter: limiter)
        let longLogs = try await LongLogCost(redis: redis, limiter: limiter, reference: reference)
        let rounds = max(rounds, Self.minimumScriptRounds)
        for round in 1...rounds {
            for state in ScriptCost.Case.allCases { result.scriptCosts.append(try await cost.measure(state)) }
            for units in LongLogCost.sizes {
                for action in LongLogCost.Action.allCases {
                    result.longLogs.append(
                        try await longLogs.measure(units, action, referenceFirst: round.isMultiple(of: 2)))
                }
            }
            Terminal.note("Round \(round) of \(rounds), script.")
        }
        for _ in 0..<Self.lives {
            result.lives.append(try await LongLogLife(redis: redis, limiter: limiter).measure())
        }
        if let reference = longLogs.reference {
            let memory = try await LongLogMemory(redis: redis, reference: reference)
            for units in LongLogMemory.sizes { result.longLogMemory.append(try await memory.measure(units)) }
        }
    }

    private func race(
        _ limiter: RedisLimiter, on server: EmbeddedRedis, _ redis: MeasuredRedis, _ result: inout RedisBenchmarkResult
    ) async throws {
        guard case .unixSocket(let socketPath) = server.url.endpoint else {
            preconditionFailure("the private Redis answers on a Unix socket")
        }
        let program = RedisBenchmarkProgram(path: redisBenchmarkPath, socketPath: socketPath, folder: folder)
        let race = try await RedisRace(redis: redis, limiter: limiter, program: program, identities: identities)
        let many = try await race.calls(in: seconds, load: .throughput)
        let few = try await race.calls(in: seconds, load: .alone)
        if parts.contains(.throughput) { _ = try await race.measureThroughput(calls: many / 4, limiterFirst: true) }
        for round in 1...rounds {
            let limiterFirst = round.isMultiple(of: 2)
            if parts.contains(.throughput) {
                let figures = try await race.measureThroughput(calls: many, limiterFirst: limiterFirst)
                result.throughput.append(figures)
                Terminal.note(
                    "Round \(round) of \(rounds), calls a second: \(NumberFormat.decimal(figures.limiter, places: 0)), redis-benchmark \(NumberFormat.decimal(figures.redisBenchmark, places: 0))"
                )
            }
            if parts.contains(.latency) {
                let figures = try await race.measureLatency(calls: few, limiterFirst: limiterFirst)
                result.latency.append(figures)
                Terminal.note(
                    "Round \(round) of \(rounds), latency: \(NumberFormat.decimal(figures.limiter, places: 3)) ms, redis-benchmark \(NumberFormat.decimal(figures.redisBenchmark, places: 3)) ms"
                )
            }
        }
    }
}
