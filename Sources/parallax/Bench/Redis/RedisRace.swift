import ParallaxCore
import RedisLimiting

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
        windows: Policy.standard.windows.map {
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
