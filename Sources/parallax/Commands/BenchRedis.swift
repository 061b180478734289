import ArgumentParser
import Foundation

/// `parallax bench redis`
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

              parallax bench redis throughput latency --rounds 3
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
        let folder = try DemoFolder(for: "bench")
        defer { folder.remove() }
        let benchmark = RedisBenchmark(
            parts: parts.isEmpty ? RedisBenchmark.Part.allCases : parts, rounds: rounds, seconds: seconds,
            identities: identities, redisBenchmarkPath: path, folder: folder.path,
            reference: try reference.map(Self.script))
        let (result, wasInterrupted) = try await withInterruption { try await benchmark.run() }
        guard !wasInterrupted, let result else { throw ExitCode(130) }
        Terminal.print(report.json ? try JSONText.make(Output(result)) : FigureTable.text(result.figures))
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
        let figures: [BoundedFigure]
        let rounds: RedisBenchmarkResult

        init(_ result: RedisBenchmarkResult) {
            figures = result.figures
            rounds = result
        }
    }
}

extension RedisBenchmark.Part: ExpressibleByArgument {}
