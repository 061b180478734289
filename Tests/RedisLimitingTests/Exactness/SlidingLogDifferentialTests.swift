import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct SlidingLogDifferentialTests {
    private static let identities = 256
    private static let decisionsEach = 400

    @Test("the script, the log in memory and the reference give one answer to a hundred thousand random questions")
    func neverDiffer() async throws {
        let tally = try await withLimiterTrio { trio in
            try await withThrowingTaskGroup(of: TraceTally.self) { group in
                for index in 0..<Self.identities {
                    group.addTask { try await Self.run(index, on: trio) }
                }
                return try await group.reduce(into: TraceTally()) { $0.add($1) }
            }
        }
        #expect(tally.decisions >= 100_000)
        // Traces that never came upon something would prove nothing about it.
        #expect(tally.rarest > tally.decisions / 400, "\(tally); \(TestSeed.remedy)")
    }

    private static func run(_ index: Int, on trio: LimiterTrio) async throws -> TraceTally {
        var trace = RandomTrace(identifier: "id-\(index)", seed: TestSeed.current &+ UInt64(index))
        var tally = TraceTally()
        var answer: Decision?
        for step in 0..<decisionsEach {
            let before = (policy: trace.policy, now: trace.now)
            let question = trace.next(after: answer)
            let decision = try await trio.check(question.request, at: question.now, "step \(step)")
            tally.note(question, decision, policyBefore: before.policy, timeBefore: before.now)
            answer = decision
        }
        return tally
    }

    @Test("logs that are appended to and rewritten now and then hide it, also when the longest window changes")
    func longLogs() async throws {
        let short = Window(name: "short", limit: 30, durationMilliseconds: 1_000)
        let policies = try [(400, Int64(50_000)), (600, 80_000)].map { limit, duration in
            try Policy(windows: [Window(name: "long", limit: limit, durationMilliseconds: duration), short])
        }
        try await withLimiterTrio { trio in
            let trace = GappedTrace(
                identifier: "long", policies: policies, gaps: [0, 1, 40, 90, 100, 200], rareGaps: [2_000])
            try await trace.run(2_500, on: trio)
            let deadline = NIODeadline.now() + .seconds(5)
            let info = try await trio.redis.client.send(RedisCommand("INFO", "commandstats"), deadline: deadline)
            #expect(info.text?.contains("cmdstat_setrange") == true, "no log was long enough for it")
        }
    }

    @Test("a log that outlives 32 bits of milliseconds moves its base without a difference")
    func movesBase() async throws {
        let month = Policy.maximumDurationMilliseconds
        let policy = try Policy(windows: [Window(name: "month", limit: 8, durationMilliseconds: month)])
        try await withLimiterTrio { trio in
            let trace = GappedTrace(
                identifier: "month", policies: [policy], gaps: [0, 1, month / 10, month / 9, month - 1],
                rareGaps: [month, month * 3])
            try await trace.run(300, on: trio)
        }
    }
}

/// Seeded requests of one identity, under few policies and at few distances.
private struct GappedTrace {
    let identifier: String
    /// Changed now and then.
    let policies: [Policy]
    /// Milliseconds between requests.
    let gaps: [Int64]
    /// Milliseconds of idle times, one in fifty.
    let rareGaps: [Int64]

    func run(_ decisions: Int, on trio: LimiterTrio) async throws {
        var random = SplitMix64(seed: TestSeed.current)
        var now = Timestamp(milliseconds: 1_800_000_000_000)
        var policy = policies[0]
        for step in 0..<decisions {
            now = now + (Int.random(in: 0..<50, using: &random) == 0 ? rareGaps : gaps).randomElement(using: &random)!
            if Int.random(in: 0..<40, using: &random) == 0 { policy = policies.randomElement(using: &random)! }
            let request = try CheckRequest(
                identity: Identity(identifier: identifier), policy: policy,
                cost: min([0, 1, 1, 1, 1, 2, 3].randomElement(using: &random)!, policy.smallestLimit))
            _ = try await trio.check(request, at: now, "step \(step)")
        }
    }
}
