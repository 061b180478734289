import Benchmark
import ParallaxCore

/// Decisions in memory over 100,000 identities, in an order that the processor's caches cannot guess, and that is not
/// the one in which they came: so they would lie in memory.
func registerDecisionBenchmarks() {
    for algorithm in LimiterAlgorithm.allCases {
        Benchmark.operation("decision in memory, \(algorithm.rawValue)", prepare: { DecidedTraffic(algorithm) }) {
            blackHole($0.decide($1))
        }
    }
    Benchmark.operation("decision in memory, sliding_log, refused", prepare: { DecidedTraffic.refused() }) {
        blackHole($0.decide($1))
    }
}

/// A limiter that knows all identities, and the requests.
struct DecidedTraffic {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)
    private static let identities = 100_000

    private let limiter: InMemoryLimiter
    private let requests: [CheckRequest]
    /// How far time goes on from one decision to the next, in microseconds.
    private let step: Int

    /// Every identity asks once in 1.5 seconds: all are accepted until the minute's sixty, and then most are not.
    init(_ algorithm: LimiterAlgorithm, policy: Policy = .unreached, step: Int = 15) {
        var random = SystemRandomNumberGenerator()
        limiter = InMemoryLimiter(algorithm: algorithm)
        self.step = step
        requests = (0..<Self.identities).shuffled(using: &random).map { number in
            try! CheckRequest(identity: Identity(identifier: "client-\(number)"), policy: policy)
        }
        for request in requests.shuffled(using: &random) { _ = limiter.judge(request, at: Self.start) }
    }

    /// All identities have used up what the hour allows.
    static func refused() -> DecidedTraffic { DecidedTraffic(.slidingLog, policy: .usedUp, step: 0) }

    func decide(_ number: Int) -> Decision {
        let now = Self.start + Int64(number * step / 1_000)
        return limiter.judge(requests[number % requests.count], at: now)
    }
}

extension Policy {
    /// Four windows as the default ones, that no one here fills: ten units stand in the longest.
    fileprivate static let unreached = try! Policy(windows: [
        Window(name: "second", limit: 10, durationMilliseconds: 1_000),
        Window(name: "minute", limit: 60, durationMilliseconds: 6_000),
        Window(name: "hour", limit: 1_000, durationMilliseconds: 15_000),
        Window(name: "burst", limit: 20, durationMilliseconds: 10_000),
    ])

    /// Four windows, one of which is full with one unit.
    fileprivate static let usedUp = try! Policy(windows: [
        Window(name: "second", limit: 10, durationMilliseconds: 1_000),
        Window(name: "minute", limit: 60, durationMilliseconds: 60_000),
        Window(name: "hour", limit: 1, durationMilliseconds: 3_600_000),
        Window(name: "burst", limit: 20, durationMilliseconds: 10_000),
    ])
}
