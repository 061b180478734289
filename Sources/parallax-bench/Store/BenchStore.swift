import ArgumentParser
import CommandSupport

/// `parallax-bench store`
struct BenchStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Measure recording divergences, writing them, and reporting on them.",
        discussion: """
            Divergences are handed to a recorder that writes without a pause, every one of them kept: what that costs a \
            request. A database is filled by the real recorder, by 46 organizations; reports and the gate read it, each over \
            new connections; then full buffers are written into it. Medians of the rounds.

              parallax-bench store --days 7
            """)

    @Option(help: "How often each measurement is made.")
    var rounds = 5

    @Option(help: "Requests that the reports count.")
    var compared = 10_000_000

    @Option(help: "Divergences among them, each stored.")
    var divergences = 1_000_000

    @Option(help: "Days that they are spread over.")
    var days = 1

    @Option(help: "Identities that they are of.")
    var identities = 20_000

    @Option(help: "Divergences that are handed to the recorder in one measurement.")
    var accepted = 200_000

    @OptionGroup var report: BenchReport

    func validate() throws {
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 100.") }
        guard (1...100_000_000).contains(compared) else {
            throw ValidationError("--compared must be from 1 to 100000000.")
        }
        guard (0...compared).contains(divergences) else {
            throw ValidationError("--divergences must be from 0 to the number of compared requests.")
        }
        guard (1...31).contains(days) else { throw ValidationError("--days must be from 1 to 31.") }
        guard divergences / (days * 1440) < 30_000 else {
            throw ValidationError("--divergences must be below 30000 a minute.")
        }
        guard (1...10_000_000).contains(identities) else {
            throw ValidationError("--identities must be from 1 to 10000000.")
        }
        guard (2_000...10_000_000).contains(accepted) else {
            throw ValidationError("--accepted must be from 2000 to 10000000.")
        }
    }

    func run() async throws {
        let folder = try DemoFolder(for: "bench")
        defer { folder.remove() }
        let benchmark = StoreBenchmark(
            rounds: rounds, size: .init(compared: compared, divergences: divergences, days: days),
            identities: identities, divergencesOfThread: accepted, folder: folder.path)
        let (result, wasInterrupted) = try await withInterruption { try await benchmark.run() }
        guard !wasInterrupted, let result else { throw ExitCode(130) }
        Terminal.print(report.json ? try JSONText.make(result) : FigureTable.text(result.figures))
        try report.enforce(result.figures)
    }
}
