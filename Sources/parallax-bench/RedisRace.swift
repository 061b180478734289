import CommandSupport
import ParallaxCore
import RedisLimiting
import Simulation

/// The limiter against redis-benchmark: the same script, the same identities at random, as many calls, each from an
/// empty server. Limits are so high that nothing is refused: both write the same logs.
struct RedisRace: Sendable {
    /// Both sides of one round.
    struct Round: Equatable, Encodable, Sendable {
        var limiter: Double
        var redisBenchmark: Double
        /// Redis's own time for the script, microseconds a call, while the limiter and redis-benchmark called it.
        var limiterScriptMicroseconds: Double
        var redisBenchmarkScriptMicroseconds: Double
    }

    static let callers = 256
    private static let warmUpCalls = 20_000

    /// The default windows with limits that no one reaches.
    static let policy = try! Policy(
        windows: Policy.defaultValue.windows.map {
            Window(name: $0.name, limit: Policy.maximumLimit, durationMilliseconds: $0.durationMilliseconds)
        })

    let redis: MeasuredRedis
    let load: LimiterLoad
    let program: RedisBenchmarkProgram
    let script: ScriptForRedisBenchmark
    let hash: String

    init(
        redis: MeasuredRedis, limiter: RedisLimiter, program: RedisBenchmarkProgram, identities: Int
    ) async throws {
        self.redis = redis
        self.program = program
        load = LimiterLoad(
            limiter: limiter,
            requests: try (0..<identities).map {
                try CheckRequest(
                    identity: Identity(identifier: ScriptForRedisBenchmark.identifier($0)), policy: Self.policy)
            })
        script = try ScriptForRedisBenchmark(MeasuredScript(), policy: Self.policy)
        hash = try await redis.load(script.source)
    }

    /// How many calls fill a time.
    func calls(in seconds: Int, load: RedisBenchmarkProgram.Load) async throws -> Int {
        let output = try await benchmark(calls: Self.warmUpCalls, load: load)
        return max(1000, Int(output.callsPerSecond * Double(seconds)))
    }

    /// One round of calls a second, the limiter first or last.
    func measureThroughput(calls: Int, limiterFirst: Bool) async throws -> Round {
        try await measure(
            limiterFirst: limiterFirst, limiter: { try await load.ask(calls: calls, callers: Self.callers) },
            benchmark: { try await benchmark(calls: calls, load: .throughput).callsPerSecond })
    }

    /// One round of the median latency of a single caller, in milliseconds.
    func measureLatency(calls: Int, limiterFirst: Bool) async throws -> Round {
        try await measure(
            limiterFirst: limiterFirst,
            limiter: {
                let times = try await withTaskExecutorPreference(load.limiter.executor) {
                    try await load.askAlone(calls: calls)
                }
                return times[times.count / 2]
            },
            benchmark: { try await benchmark(calls: calls, load: .alone).p50Milliseconds })
    }

    private func measure(
        limiterFirst: Bool, limiter: () async throws -> Double, benchmark: () async throws -> Double
    ) async throws -> Round {
        var round = Round(
            limiter: 0, redisBenchmark: 0, limiterScriptMicroseconds: 0, redisBenchmarkScriptMicroseconds: 0)
        for turn in 0..<2 {
            if (turn == 0) == limiterFirst {
                (round.limiter, round.limiterScriptMicroseconds) = try await fromEmpty(limiter)
            } else {
                (round.redisBenchmark, round.redisBenchmarkScriptMicroseconds) = try await fromEmpty(benchmark)
            }
        }
        return round
    }

    private func fromEmpty(_ body: () async throws -> Double) async throws -> (figure: Double, script: Double) {
        try await redis.flush()
        try await redis.resetStatistics()
        let figure = try await body()
        let statistics = try await redis.statistics(of: "evalsha")
        guard statistics.failures == 0 else {
            throw CommandFailure(.failure, "\(statistics.failures) calls of the script failed: the figures say nothing")
        }
        return (figure, statistics.microsecondsPerCall)
    }

    private func benchmark(calls: Int, load: RedisBenchmarkProgram.Load) async throws -> RedisBenchmarkOutput {
        try await program.run(
            hash: hash, script: script, identities: self.load.requests.count, calls: calls, load: load)
    }
}

/// Callers of the limiter, each asking again as soon as it was answered.
struct LimiterLoad: Sendable {
    /// What the callers got.
    struct Tally: Equatable, Sendable {
        var allowed = 0
        var limited = 0
        var unavailable = 0

        mutating func count(_ decision: Decision) {
            switch decision.outcome {
            case .allowed: allowed += 1
            case .limited: limited += 1
            case .unavailable: unavailable += 1
            }
        }

        static func + (one: Tally, other: Tally) -> Tally {
            Tally(
                allowed: one.allowed + other.allowed, limited: one.limited + other.limited,
                unavailable: one.unavailable + other.unavailable)
        }

        /// What was answered with something else than was to be measured says nothing.
        func mustBe(_ expected: KeyPath<Tally, Int>, _ word: String) throws {
            let all = allowed + limited + unavailable
            guard self[keyPath: expected] != all else { return }
            throw CommandFailure(
                .failure,
                "of \(all) decisions \(allowed) were allowed, \(limited) limited and \(unavailable) unavailable; all should have been \(word)",
                remedy: "Measure on a machine that does nothing else.")
        }
    }

    let limiter: RedisLimiter
    let requests: [CheckRequest]

    /// Asks about identities at random, so many callers at once.
    ///
    /// - Parameter calls: In all.
    /// - Returns: Calls a second.
    func ask(calls: Int, callers: Int) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let tally = await withTaskGroup(of: Tally.self) { group in
            for caller in 0..<callers {
                let share = (calls + callers - 1 - caller) / callers
                group.addTask { await ask(share, seed: UInt64(caller)) }
            }
            return await group.reduce(Tally(), +)
        }
        let elapsed = start.duration(to: clock.now)
        try Task.checkCancellation()
        try tally.mustBe(\.allowed, "allowed")
        return Double(calls) / (elapsed / .seconds(1))
    }

    private func ask(_ calls: Int, seed: UInt64) async -> Tally {
        var random = SplitMix64(seed: seed)
        var tally = Tally()
        for _ in 0..<calls where !Task.isCancelled {
            tally.count(await limiter.check(requests[Int.random(in: 0..<requests.count, using: &random)], at: nil))
        }
        return tally
    }

    /// Asks about identities at random, one call after the other.
    ///
    /// - Returns: How long each call took, in milliseconds, the shortest first.
    func askAlone(calls: Int) async throws -> [Double] {
        var random = SplitMix64(seed: 0)
        var tally = Tally()
        var times: [Double] = []
        times.reserveCapacity(calls)
        let clock = ContinuousClock()
        for _ in 0..<calls {
            let request = requests[Int.random(in: 0..<requests.count, using: &random)]
            let start = clock.now
            let decision = await limiter.check(request, at: nil)
            times.append(start.duration(to: clock.now) / .milliseconds(1))
            tally.count(decision)
            try Task.checkCancellation()
        }
        try tally.mustBe(\.allowed, "allowed")
        return times.sorted()
    }

    /// Asks about every identity once, in their order, so many callers at once.
    func askEach(callers: Int) async throws -> Tally {
        let tally = await withTaskGroup(of: Tally.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var tally = Tally()
                    for place in stride(from: caller, to: requests.count, by: callers) where !Task.isCancelled {
                        tally.count(await limiter.check(requests[place], at: nil))
                    }
                    return tally
                }
            }
            return await group.reduce(Tally(), +)
        }
        try Task.checkCancellation()
        return tally
    }
}
