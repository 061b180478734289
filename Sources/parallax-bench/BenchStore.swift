import ArgumentParser
import CommandSupport
import DivergenceStore
import ParallaxCore

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
        let folder = try TemporaryFolder(for: "bench")
        defer { folder.remove() }
        let benchmark = StoreBenchmark(
            rounds: rounds, size: .init(compared: compared, divergences: divergences, days: days),
            identities: identities, divergencesOfThread: accepted, folder: folder.path)
        let (result, wasInterrupted) = try await withInterruption { try await benchmark.run() }
        guard !wasInterrupted, let result else { throw ExitCode(130) }
        Terminal.print(report.json ? try JSONText.make(result) : MeasurementTable.text(result.figures))
        try report.enforce(result.figures)
    }
}

/// The recorder, its database and the report, timed in this process.
struct StoreBenchmark: Sendable {
    let rounds: Int
    let size: StoreDatabase.Size
    let identities: Int
    let divergencesOfThread: Int
    let folder: String

    /// - Returns: `nil` if the task was cancelled.
    func run() async throws -> StoreBenchmarkResult? {
        do {
            var result = StoreBenchmarkResult(size: size)
            try await measureAccepting(into: &result)
            var database = try StoreDatabase(
                path: "\(folder)/store.sqlite", size: size, workload: workload(seed: 3))
            defer { try? database.store.close() }
            let start = ContinuousClock.now
            try await database.fill()
            result.fillSeconds = start.duration(to: .now) / .seconds(1)
            Terminal.note("The database was filled in \(seconds(result.fillSeconds)).")
            result.bytes = try await database.store.usedBytes()
            try await measureReports(of: database.store, into: &result)
            for round in 1...rounds {
                result.rowsPerSecond.append(try await database.write())
                note(round, "\(NumberFormat.count(Int(result.rowsPerSecond.last ?? 0))) rows/s written")
            }
            return result
        } catch is CancellationError {
            return nil
        }
    }

    private func measureAccepting(into result: inout StoreBenchmarkResult) async throws {
        for round in 1...rounds {
            for threads in [1, 2] {
                try Task.checkCancellation()
                let measurement = AcceptingMeasurement(
                    divergences: divergencesOfThread / threads, threads: threads, workload: workload(seed: 2))
                let outcome = try await measurement.run(path: "\(folder)/accepting-\(round)-\(threads).sqlite")
                result.accepting.append(outcome)
                note(round, "\(threads) threads, \(NumberFormat.count(Int(outcome.perSecond))) divergences/s accepted")
            }
        }
    }

    private func measureReports(of store: DivergenceStore, into result: inout StoreBenchmarkResult) async throws {
        for round in 1...rounds {
            try Task.checkCancellation()
            // As the command does: a connection of its own, nothing in its cache.
            let reader = try DivergenceStore(readingFrom: store.path)
            defer { try? reader.close() }
            let start = ContinuousClock.now
            let report = try await DivergenceStore.report(of: [reader])
            let reported = ContinuousClock.now
            _ = try await DivergenceStore.gate(report, of: [reader], settings: GateSettings(), now: .wallClock)
            let judged = ContinuousClock.now
            _ = try await DivergenceStore.details(of: [reader], DivergenceFilter())
            let detailed = ContinuousClock.now
            guard report.compared == size.compared, report.storedOneByOne == size.divergences else {
                throw CommandFailure(.failure, "the report counts \(report.compared) requests of \(size.compared)")
            }
            result.reportSeconds.append(start.duration(to: judged) / .seconds(1))
            result.pageSeconds.append(judged.duration(to: detailed) / .seconds(1))
            note(round, "report \(seconds(start.duration(to: reported) / .seconds(1)))")
        }
    }

    private func workload(seed: UInt64) -> StoreWorkload { StoreWorkload(identities: identities, seed: seed) }

    private func note(_ round: Int, _ text: String) { Terminal.note("Round \(round) of \(rounds): \(text)") }

    private func seconds(_ seconds: Double) -> String { "\(NumberFormat.decimal(seconds, places: 2)) s" }
}

extension Timestamp {
    static var wallClock: Timestamp { Timestamp.now() }
}

/// What the measurements of the store came to.
struct StoreBenchmarkResult: Sendable {
    /// Divergences that must be accepted in a second while others are written.
    static let minimumAccepted = 100_000.0
    /// Rows that must be written in a second.
    static let minimumWritten = 50_000.0
    /// What a report may take.
    static let maximumSeconds = 1.0

    let size: StoreDatabase.Size
    var accepting: [AcceptingMeasurement.Outcome] = []
    var rowsPerSecond: [Double] = []
    var reportSeconds: [Double] = []
    /// What the single-file page reads next to the report.
    var pageSeconds: [Double] = []
    var fillSeconds = 0.0
    var bytes = 0

    /// The figures next to their bounds.
    var figures: [BoundedMeasurement] {
        accepted(threads: 1) + accepted(threads: 2) + [
            BoundedMeasurement(
                "rows into SQLite with its indexes", rowsPerSecond.median, "rows/s", decimals: 0,
                bound: .atLeast(Self.minimumWritten)),
            BoundedMeasurement(
                "report and gate", reportSeconds.median, "s", decimals: 3, bound: .atMost(Self.maximumSeconds)),
            BoundedMeasurement("  compared requests in it", Double(size.compared), decimals: 0),
            BoundedMeasurement("  divergences stored one by one", Double(size.divergences), decimals: 0),
            BoundedMeasurement("  days of records", Double(size.days), decimals: 0),
            BoundedMeasurement("  database", Double(bytes) / 1_048_576, "MiB", decimals: 0),
            BoundedMeasurement("what the HTML page reads besides", pageSeconds.median, "s", decimals: 3),
        ]
    }

    private func accepted(threads: Int) -> [BoundedMeasurement] {
        let outcomes = accepting.filter { $0.threads == threads }
        let name = threads == 1 ? "one thread" : "\(threads) threads"
        return [
            BoundedMeasurement(
                "\(name): accepted while writing", outcomes.map(\.perSecond).median, "divergences/s", decimals: 0,
                bound: .atLeast(Self.minimumAccepted)),
            BoundedMeasurement(
                "\(name): processor time of a request", outcomes.map(\.nanoseconds).median, "ns", decimals: 0),
            BoundedMeasurement(
                "\(name): slowest of a thousand", outcomes.map(\.slowestOfThousandMicroseconds).median, "µs"),
        ]
    }
}

extension StoreBenchmarkResult: Encodable {
    private enum Key: String, CodingKey {
        case figures, size, accepting, rowsPerSecond, reportSeconds, pageSeconds, fillSeconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(figures, forKey: .figures)
        try container.encode(size, forKey: .size)
        try container.encode(accepting, forKey: .accepting)
        try container.encode(rowsPerSecond, forKey: .rowsPerSecond)
        try container.encode(reportSeconds, forKey: .reportSeconds)
        try container.encode(pageSeconds, forKey: .pageSeconds)
        try container.encode(fillSeconds, forKey: .fillSeconds)
    }
}
