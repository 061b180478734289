import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct SlidingLogDifferentialTests {
    private static let identities = 60
    private static let decisionsEach = 400

    @Test("the script and the reference never differ, whatever is asked when")
    func neverDiffer() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the differential test: \(seed)")
        let allowed = try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                try await compare(limiter, seed: seed)
            }
        }
        // A trace that is always refused, or never, would prove little.
        let total = Self.identities * Self.decisionsEach
        #expect(allowed > total / 10 && allowed < total * 9 / 10)
    }

    @Test("the log in memory and the reference never differ either, over the same traces")
    func memoryNeverDiffers() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of the differential test in memory: \(seed)")
        let allowed = try await compare(InMemoryLimiter(), seed: seed)
        let total = Self.identities * Self.decisionsEach
        #expect(allowed > total / 10 && allowed < total * 9 / 10)
    }

    @Test("logs that are written in place and rewritten now and then hide it, also when the longest window changes")
    func longLogs() async throws {
        let short = Window(name: "short", limit: 30, durationMilliseconds: 1_000)
        let policies = try [(400, Int64(50_000)), (600, 80_000)].map { limit, duration in
            try Policy(windows: [Window(name: "long", limit: limit, durationMilliseconds: duration), short])
        }
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let trace = DecisionTrace(
                    identifier: "long", seed: 7, policies: policies, gaps: [0, 1, 40, 90, 100, 200], rareGaps: [2_000])
                _ = try await trace.compare(limiter, with: ReferenceLimiter(), decisions: 2_500)
                let deadline = NIODeadline.now() + .seconds(5)
                let info = try await limiter.client.send(RedisCommand("INFO", "commandstats"), deadline: deadline)
                #expect(
                    info.text?.contains("cmdstat_setrange") == true, "no log was long enough to be written in place")
            }
        }
    }

    @Test("a log that outlives 32 bits of milliseconds moves its base without a difference")
    func movesBase() async throws {
        let month = Policy.maximumDurationMilliseconds
        let policy = try Policy(windows: [Window(name: "month", limit: 8, durationMilliseconds: month)])
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let trace = DecisionTrace(
                    identifier: "month", seed: 3, policies: [policy], gaps: [0, 1, month / 10, month / 9, month - 1],
                    rareGaps: [month, month * 3])
                _ = try await trace.compare(limiter, with: ReferenceLimiter(), decisions: 300)
            }
        }
    }

    private func compare(_ limiter: some Limiter, seed: UInt64) async throws -> Int {
        let reference = ReferenceLimiter()
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<Self.identities {
                group.addTask {
                    let trace = DecisionTrace(
                        identifier: "id-\(index)", seed: seed &+ UInt64(index), policies: try policies,
                        gaps: [0, 0, 0, 1, 2, 10, 99, 100, 101, 250, 1_000, -1, -50, -2_000],
                        rareGaps: [9_999, 10_000, 60_000])
                    return try await trace.compare(limiter, with: reference, decisions: Self.decisionsEach)
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private var policies: [Policy] {
        get throws {
            [
                try Policy(windows: [
                    Window(name: "second", limit: 3, durationMilliseconds: 1_000),
                    Window(name: "minute", limit: 40, durationMilliseconds: 60_000),
                    Window(name: "burst", limit: 8, durationMilliseconds: 10_000),
                ]),
                try Policy(windows: [
                    Window(name: "second", limit: 6, durationMilliseconds: 1_000),
                    Window(name: "burst", limit: 5, durationMilliseconds: 10_000),
                ]),
                try Policy(windows: [Window(name: "tenth", limit: 2, durationMilliseconds: 100)]),
            ]
        }
    }
}

/// Seeded requests of one identity at times of every kind, asked of two limiters.
private struct DecisionTrace {
    let identifier: String
    let seed: UInt64
    /// Changed now and then.
    let policies: [Policy]
    /// Milliseconds between requests.
    let gaps: [Int64]
    /// Milliseconds of idle times, one in fifty.
    let rareGaps: [Int64]

    /// Asks both and records every difference.
    ///
    /// - Returns: How many requests were allowed.
    func compare(_ limiter: some Limiter, with reference: ReferenceLimiter, decisions: Int) async throws -> Int {
        var random = Seeded(seed: seed)
        var now = Timestamp(milliseconds: 1_800_000_000_000)
        var policy = policies[0]
        var allowed = 0
        for step in 0..<decisions {
            now = now + (Int.random(in: 0..<50, using: &random) == 0 ? rareGaps : gaps).randomElement(using: &random)!
            if Int.random(in: 0..<40, using: &random) == 0 { policy = policies.randomElement(using: &random)! }
            let request = try CheckRequest(
                identity: Identity(identifier: identifier), policy: policy,
                cost: min([0, 1, 1, 1, 1, 2, 3].randomElement(using: &random)!, policy.smallestLimit))
            let expected = reference.judge(request, at: now)
            let decision = await limiter.check(request, at: now)
            try #require(
                decision == expected,
                "\(identifier), seed \(seed), step \(step), at \(now.milliseconds), cost \(request.cost)")
            if decision.isAllowed { allowed += 1 }
        }
        return allowed
    }
}
