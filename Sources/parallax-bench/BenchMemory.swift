import ArgumentParser
import CommandSupport
import ParallaxCore

/// `parallax-bench memory`
struct BenchMemory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory",
        abstract: "Measure decisions in memory, and whether invented identities can lift its bound.",
        discussion: """
            First an attacker invents identities, once with short names and once with the longest, each time in a \
            process of its own, whose resident memory is compared with the limiter's bound. Then decisions of the default policy are timed: \
            accepted ones of identities with 10 units and more, refused ones of identities with 60, and accepted ones \
            on two threads; in turn, medians of the rounds. Who is asked for comes in another order than the \
            limiter first met them in, as in a service: nearly every look goes to memory that no cache holds. Asked for in \
            the order in which they came, which two of the figures are for, they lie next to each other. Last, one \
            identity with a million units asks: what the slowest decision takes of the processor.

              parallax-bench memory --attack 0
            """)

    @Option(help: "How often each measurement is made; 0: none.")
    var rounds = 5

    @Option(help: "Identities that are asked for in turn.")
    var identities = 100_000

    @Option(help: "Decisions of each thread in each measurement.")
    var decisions = 2_000_000

    @Option(help: "Identities that the attacker invents; 0: none.")
    var attack = 10_000_000

    @OptionGroup var report: BenchReport

    func validate() throws {
        guard (0...100).contains(rounds) else { throw ValidationError("--rounds must be from 0 to 100.") }
        guard (1...1_000_000).contains(identities) else {
            throw ValidationError("--identities must be from 1 to 1000000, the most that the limiter holds.")
        }
        guard (1...1_000_000_000).contains(decisions) else {
            throw ValidationError("--decisions must be from 1 to 1000000000.")
        }
        guard (0...1_000_000_000).contains(attack) else {
            throw ValidationError("--attack must be from 0 to 1000000000.")
        }
    }

    func run() async throws {
        let (attacks, wasInterrupted) = try await withInterruption { [attack] in try await BenchMemory.attack(attack) }
        if wasInterrupted { throw ExitCode(130) }
        let result = MemoryBenchmarkResult(
            timings: measure(), longLogs: (0..<rounds).map { _ in LongLogInMemory(decisions: decisions).measure() },
            attacks: attacks)
        Terminal.print(report.json ? try JSONText.make(result) : MeasurementTable.text(result.figures))
        try report.enforce(result.figures)
    }

    private static func attack(_ identities: Int) async throws -> [MemoryAttack.Outcome] {
        guard identities > 0 else { return [] }
        let folder = try TemporaryFolder(for: "bench")
        defer { folder.remove() }
        var outcomes: [MemoryAttack.Outcome] = []
        for shape in MemoryAttack.Shape.allCases {
            let process = AttackProcess(shape: shape, identities: identities, folder: folder.path)
            guard let outcome = try await process.run() else { return [] }
            outcomes.append(outcome)
            Terminal.note("\(NumberFormat.count(identities)) identities with \(shape.rawValue) names were invented.")
        }
        return outcomes
    }

    private func measure() -> [MemoryBenchmark.Timing] {
        guard rounds > 0 else { return [] }
        let benchmark = MemoryBenchmark(identities: identities, decisions: decisions)
        return (1...rounds).flatMap { round in
            MemoryBenchmark.Measurement.allCases.map { measurement in
                let timing = benchmark.measure(measurement)
                Terminal.note(
                    "Round \(round) of \(rounds), \(measurement.rawValue): \(NumberFormat.decimal(timing.nanosecondsPerDecision, places: 0)) ns, \(NumberFormat.decimal(timing.refusedShare * 100, places: 1)) % refused"
                )
                return timing
            }
        }
    }
}

/// The measurements in memory.
struct MemoryBenchmarkResult: Sendable {
    /// Nanoseconds a decision may take on one core.
    static let maximumNanoseconds = 250.0
    /// How much more two threads must decide than one.
    static let minimumSpeedup = 1.6
    /// What a decision may take, once in a while, of the time in which its shard's other callers wait.
    static let maximumSlowestMilliseconds = 5.0

    /// Every measurement of every round.
    let timings: [MemoryBenchmark.Timing]
    let longLogs: [LongLogInMemory.Timing]
    let attacks: [MemoryAttack.Outcome]

    /// The figures next to their bounds.
    var figures: [BoundedMeasurement] { speed + longLog + attacks.flatMap(Self.figures) }

    private var longLog: [BoundedMeasurement] {
        guard !longLogs.isEmpty else { return [] }
        return [
            BoundedMeasurement(
                "1,000,000 units logged, slowest decision", longLogs.map(\.slowestMilliseconds).median, "ms",
                bound: .atMost(Self.maximumSlowestMilliseconds)),
            BoundedMeasurement(
                "  accepting, with the reading of the clock", longLogs.map(\.nanosecondsPerDecision).median,
                "ns/decision", decimals: 0),
        ]
    }

    private var speed: [BoundedMeasurement] {
        guard !timings.isEmpty else { return [] }
        let one = nanoseconds(.accepting)
        let two = nanoseconds(.acceptingOnTwoThreads)
        let most = BoundedMeasurement.Bound.atMost(Self.maximumNanoseconds)
        return [
            BoundedMeasurement("one thread, accepting", one, "ns/decision", decimals: 0, bound: most),
            BoundedMeasurement("one thread, refusing", nanoseconds(.refusing), "ns/decision", decimals: 0, bound: most),
            BoundedMeasurement("two threads, accepting", two, "ns/decision", decimals: 0),
            BoundedMeasurement("two threads over one", one / two, "x", bound: .atLeast(Self.minimumSpeedup)),
            BoundedMeasurement(
                "accepting, asked as they came", nanoseconds(.acceptingAsTheyCame), "ns/decision", decimals: 0,
                bound: most),
            BoundedMeasurement(
                "refusing, asked as they came", nanoseconds(.refusingAsTheyCame), "ns/decision", decimals: 0,
                bound: most),
        ]
    }

    private func nanoseconds(_ measurement: MemoryBenchmark.Measurement) -> Double {
        timings.filter { $0.measurement == measurement }.map(\.nanosecondsPerDecision).median
    }

    private static func figures(_ attack: MemoryAttack.Outcome) -> [BoundedMeasurement] {
        let name = "\(attack.shape.rawValue) names"
        let mebi = 1_048_576.0
        let bound = Double(attack.boundBytes) / mebi
        return [
            BoundedMeasurement(
                "\(name): identities kept", Double(attack.heldIdentities), decimals: 0,
                bound: .atMost(Double(attack.boundIdentities))),
            BoundedMeasurement(
                "\(name): memory by its own estimate", Double(attack.heldBytes) / mebi, "MiB", decimals: 0,
                bound: .atMost(bound)),
            BoundedMeasurement(
                "\(name): growth of resident memory", Double(attack.growth) / mebi, "MiB", decimals: 0,
                bound: .atMost(bound)),
            BoundedMeasurement(
                "\(name): resident memory before", Double(attack.bytesBefore) / mebi, "MiB", decimals: 0),
            BoundedMeasurement("\(name): identities invented", Double(attack.identities), decimals: 0),
            BoundedMeasurement("\(name): identities let go", Double(attack.evictions), decimals: 0),
        ]
    }
}

extension MemoryBenchmarkResult: Encodable {
    private enum Key: String, CodingKey {
        case figures, rounds, longLogs, attacks
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(figures, forKey: .figures)
        try container.encode(timings, forKey: .rounds)
        try container.encode(longLogs, forKey: .longLogs)
        try container.encode(attacks, forKey: .attacks)
    }
}
