import NIOCore
import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

/// The script and the one of the release before it on the same logs: during an upgrade both run.
@Suite struct PreviousReleaseTests {
    /// What a trace is like: its windows, and what it asks for.
    struct Shape: Sendable, CustomTestStringConvertible {
        let name: String
        let windows: [(limit: Int, durationMilliseconds: Int64)]
        /// Milliseconds between requests.
        let gaps: [Int64]
        let costs: [Int]
        let steps: Int

        var testDescription: String { name }
    }

    private static let hour: Int64 = 3_600_000
    private static let month = Policy.maximumDurationMilliseconds

    static let shapes = [
        Shape(
            name: "short", windows: [(10, 1_000), (60, 60_000), (20, 10_000)], gaps: [0, 1, 50, 500, 5_000],
            costs: [0, 1, 1, 2, 3], steps: 2_000),
        Shape(
            name: "a thousand units", windows: [(10, 1_000), (60, 60_000), (1_000, hour), (300, hour / 6)],
            gaps: [0, 1, 100, 900, 3_600, 4_000], costs: [0, 1, 1, 2, 5, 50], steps: 3_000),
        Shape(
            name: "across the sizes at which writing changes",
            windows: [(4_000, 1_000), (20_000, hour), (18_000, hour / 2)],
            gaps: [0, 1, 1_000, 20_000, 120_000], costs: [0, 1, 300, 2_000, 4_000], steps: 1_500),
        Shape(
            name: "sixty thousand units", windows: [(4_000, 1_000), (60_000, hour), (50_000, hour / 2)],
            gaps: [0, 1, 1_000, 20_000, 200_000], costs: [0, 1, 300, 2_000, 4_000], steps: 800),
        Shape(
            name: "units of few instants", windows: [(30_000, hour), (20_000, hour / 2)],
            gaps: [0, 0, 0, 0, 0, 0, 1, hour / 4, hour - 1], costs: [0, 1, 1, 300, 2_000], steps: 1_000),
        Shape(
            name: "longer than 32 bits of milliseconds, short",
            windows: [(300, month), (40, 86_400_000)], gaps: [0, 1, month / 40, month / 11], costs: [0, 1, 1, 3],
            steps: 2_000),
        Shape(
            name: "longer than 32 bits of milliseconds, long",
            windows: [(40_000, month), (9_000, 86_400_000)], gaps: [0, 1, month / 100, month / 30],
            costs: [0, 1, 300, 2_000, 3_000], steps: 1_000),
    ]

    @Test("either script gives the other's answer, whichever wrote the log", arguments: shapes)
    func oneAnswer(_ shape: Shape) async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let scripts = try await Scripts(limiter.client)
                var random = SplitMix64(seed: TestSeed.current)
                let policies = try Self.policies(shape)
                var (now, latest) = (Timestamp(milliseconds: 1_800_000_000_000), Timestamp(milliseconds: 0))
                for step in 0..<shape.steps {
                    // Steps back that the previous release waits out as well.
                    let gap =
                        Int.random(in: 0..<30, using: &random) == 0 ? -3_000 : shape.gaps.randomElement(using: &random)!
                    now = max(now + gap, latest + -Clocks.stepMilliseconds)
                    latest = max(now, latest)
                    let policy = Int.random(in: 0..<30, using: &random) == 0 ? policies[1] : policies[0]
                    let cost = min(shape.costs.randomElement(using: &random)!, policy.smallestLimit)
                    let answers = try await scripts.answers(policy, cost: cost, at: now)
                    try #require(answers.previous == answers.current, "step \(step); \(TestSeed.remedy)")
                    try await scripts.keep(Bool.random(using: &random) ? .current : .previous)
                }
            }
        }
    }

    /// A life of a long log: how many units an hour, and what comes after the hour is full.
    struct Life: Sendable, CustomTestStringConvertible {
        let units: Int
        /// How many steps of a hundredth of the hour's units follow, and their gaps in hundredths of an hour.
        let later: (steps: Int, gap: Int64)

        var testDescription: String {
            "\(units) units an hour, then \(later.steps) steps at 1/\(later.gap) of the rate"
        }
    }

    static let lives = [17_000, 33_000, 131_000, 196_000, 525_000, 1_000_000].flatMap { units in
        [Life(units: units, later: (60, 1)), Life(units: units, later: (30, 3))]
    }

    @Test("a long log never takes more than twice the previous release's memory", arguments: lives)
    func memory(_ life: Life) async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let scripts = try await Scripts(limiter.client)
                let policy = try Policy(windows: [
                    Window(name: "hour", limit: Policy.maximumLimit, durationMilliseconds: Self.hour)
                ])
                var (now, logged) = (Timestamp(milliseconds: 1_800_000_000_000), 0)
                for step in 0..<(100 + life.later.steps) {
                    now = now + Self.hour / 100 * (step < 100 ? 1 : life.later.gap)
                    let answers = try await scripts.goOn(policy, cost: life.units / 100, at: now)
                    try #require(answers.previous == answers.current)
                    logged += life.units / 100
                    guard logged > 16_000 else { continue }
                    let (previous, current) = try await (scripts.memory(.previous), scripts.memory(.current))
                    try #require(current <= 2 * previous, "\(current) bytes, previously \(previous), in step \(step)")
                }
            }
        }
    }

    /// The shape's windows, and the same with lower limits and another longest duration.
    private static func policies(_ shape: Shape) throws -> [Policy] {
        try [1, 2].map { divisor in
            try Policy(
                windows: shape.windows.enumerated().map { index, window in
                    Window(
                        name: "w\(index)", limit: max(1, window.limit / divisor),
                        durationMilliseconds: window.durationMilliseconds / Int64(divisor))
                })
        }
    }
}

/// Runs the script and its predecessor on copies of one log.
private struct Scripts {
    enum Release: String {
        case previous, current
    }

    private let client: RedisClient
    private let previous: String
    private let current: String
    private let script = SlidingLogScript()

    init(_ client: RedisClient) async throws {
        self.client = client
        previous = try await Self.load(PackageResources.previous_sliding_log_lua, client)
        current = try await Self.load(SlidingLogScript().source, client)
    }

    /// Judges on a copy each; neither is kept.
    func answers(
        _ policy: Policy, cost: Int, at now: Timestamp
    ) async throws -> (previous: RedisReply, current: RedisReply) {
        for release in [Release.previous, .current] {
            _ = try await send(RedisCommand("DEL", release.rawValue))
            _ = try await send(RedisCommand("COPY", "log", release.rawValue))
        }
        return try await goOn(policy, cost: cost, at: now)
    }

    /// Judges by each release's own log.
    func goOn(
        _ policy: Policy, cost: Int, at now: Timestamp
    ) async throws -> (previous: RedisReply, current: RedisReply) {
        (
            try await judge(previous, .previous, policy, cost, now),
            try await judge(current, .current, policy, cost, now)
        )
    }

    /// Bytes that Redis has allocated for a release's log.
    func memory(_ release: Release) async throws -> Int64 {
        let reply = try await send(RedisCommand("MEMORY", "USAGE", release.rawValue))
        guard case .integer(let bytes) = reply else { throw UnexpectedMemory(reply: reply) }
        return bytes
    }

    /// Goes on with what one of the two wrote.
    func keep(_ release: Release) async throws {
        _ = try await send(RedisCommand("COPY", release.rawValue, "log", "REPLACE"))
    }

    private func judge(
        _ hash: String, _ release: Release, _ policy: Policy, _ cost: Int, _ now: Timestamp
    ) async throws -> RedisReply {
        var command = RedisCommand("EVALSHA", hash, "1")
        script.appendArguments(
            to: &command, key: { $0.append(contentsOf: release.rawValue.utf8) }, policy: policy, cost: cost, now: now)
        return try await send(command)
    }

    private func send(_ command: RedisCommand) async throws -> RedisReply {
        try await client.send(command, deadline: .now() + .seconds(30))
    }

    private static func load(_ source: [UInt8], _ client: RedisClient) async throws -> String {
        var command = RedisCommand("SCRIPT", "LOAD")
        command.append(source)
        return try #require(try await client.send(command, deadline: .now() + .seconds(30)).text)
    }
}

private struct UnexpectedMemory: Error {
    let reply: RedisReply
}
