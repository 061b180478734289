/// The measurements in memory.
struct MemoryBenchmarkResult: Sendable {
    /// Nanoseconds a decision may take on one core.
    static let mostNanoseconds = 250.0
    /// How much more two threads must decide than one.
    static let leastSpeedup = 1.6
    /// What a decision may take, once in a while, of the time in which its shard's other callers wait.
    static let mostSlowestMilliseconds = 5.0

    /// Every measurement of every round.
    let timings: [MemoryBenchmark.Timing]
    let longLogs: [LongLogInMemory.Timing]
    let attacks: [MemoryAttack.Outcome]

    /// The figures next to their bounds.
    var figures: [BoundedFigure] { speed + longLog + attacks.flatMap(Self.figures) }

    private var longLog: [BoundedFigure] {
        guard !longLogs.isEmpty else { return [] }
        return [
            BoundedFigure(
                "1,000,000 units logged, slowest decision", longLogs.map(\.slowestMilliseconds).median, "ms",
                bound: .atMost(Self.mostSlowestMilliseconds)),
            BoundedFigure(
                "  accepting, with the reading of the clock", longLogs.map(\.nanosecondsPerDecision).median,
                "ns/decision", decimals: 0),
        ]
    }

    private var speed: [BoundedFigure] {
        guard !timings.isEmpty else { return [] }
        let one = nanoseconds(.accepting)
        let two = nanoseconds(.acceptingOnTwoThreads)
        let most = BoundedFigure.Bound.atMost(Self.mostNanoseconds)
        return [
            BoundedFigure("one thread, accepting", one, "ns/decision", decimals: 0, bound: most),
            BoundedFigure("one thread, refusing", nanoseconds(.refusing), "ns/decision", decimals: 0, bound: most),
            BoundedFigure("two threads, accepting", two, "ns/decision", decimals: 0),
            BoundedFigure("two threads over one", one / two, "x", bound: .atLeast(Self.leastSpeedup)),
            BoundedFigure(
                "accepting, asked as they came", nanoseconds(.acceptingAsTheyCame), "ns/decision", decimals: 0,
                bound: most),
            BoundedFigure(
                "refusing, asked as they came", nanoseconds(.refusingAsTheyCame), "ns/decision", decimals: 0,
                bound: most),
        ]
    }

    private func nanoseconds(_ measurement: MemoryBenchmark.Measurement) -> Double {
        timings.filter { $0.measurement == measurement }.map(\.nanosecondsPerDecision).median
    }

    private static func figures(_ attack: MemoryAttack.Outcome) -> [BoundedFigure] {
        let name = "\(attack.shape.rawValue) names"
        let mebi = 1_048_576.0
        let bound = Double(attack.boundBytes) / mebi
        return [
            BoundedFigure(
                "\(name): identities kept", Double(attack.heldIdentities), decimals: 0,
                bound: .atMost(Double(attack.boundIdentities))),
            BoundedFigure(
                "\(name): memory by its own estimate", Double(attack.heldBytes) / mebi, "MiB", decimals: 0,
                bound: .atMost(bound)),
            BoundedFigure(
                "\(name): growth of resident memory", Double(attack.growth) / mebi, "MiB", decimals: 0,
                bound: .atMost(bound)),
            BoundedFigure("\(name): resident memory before", Double(attack.bytesBefore) / mebi, "MiB", decimals: 0),
            BoundedFigure("\(name): identities invented", Double(attack.identities), decimals: 0),
            BoundedFigure("\(name): identities let go", Double(attack.evictions), decimals: 0),
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
