import NIOCore
import ParallaxCore
import RedisLimiting

/// The processor time that Redis takes for the script, under the default windows, next to a script that only returns 1.
struct ScriptCost: Sendable {
    /// What the identities have logged, and whether the next unit is accepted.
    enum Case: String, CaseIterable, Encodable, Sendable {
        case accepting60 = "60 units logged, accepting"
        case refusing60 = "60 units logged, refusing"
        case accepting1000 = "1000 units logged, accepting"
        case refusing1000 = "1000 units logged, refusing"

        /// How many times the processor time of a script that only returns 1 is allowed.
        var maximumRatio: Double {
            switch self {
            case .accepting60, .refusing60: 10
            case .accepting1000, .refusing1000: 20
            }
        }

        /// One history, or several that stand at different points between two prunings of a long log.
        var histories: [LoggedHistory] {
            switch self {
            case .accepting60:
                [LoggedHistory(units: 60, everyMilliseconds: 2_000, newestAgeMilliseconds: 100)]
            case .refusing60:
                [LoggedHistory(units: 60, everyMilliseconds: 700, newestAgeMilliseconds: 2_000)]
            case .accepting1000:
                // 997 of them lie within the hour, whatever came before.
                (0..<16).map {
                    LoggedHistory(units: 1000 + $0 * 62, everyMilliseconds: 3_610, newestAgeMilliseconds: 100)
                }
            case .refusing1000:
                [LoggedHistory(units: 1000, everyMilliseconds: 3_500, newestAgeMilliseconds: 2_000)]
            }
        }

        var isAccepting: Bool { self == .accepting60 || self == .accepting1000 }
    }

    /// One measurement, in microseconds a call.
    struct Sample: Equatable, Encodable, Sendable {
        let state: Case
        let script: Double
        let returningOne: Double

        var times: Double { script / returningOne }
    }

    private static let callers = 64

    let redis: MeasuredRedis
    let limiter: RedisLimiter
    /// How many identities are asked for, each once.
    let identities: Int
    private let hashOfOne: String

    init(redis: MeasuredRedis, limiter: RedisLimiter, identities: Int = 2_000) async throws {
        self.redis = redis
        self.limiter = limiter
        self.identities = identities
        hashOfOne = try await redis.load(Array("return 1".utf8))
    }

    /// Prepares identities, then asks for each once; the other script is called as often, with the same words: the time
    /// that Redis takes to hand them to a script is a part of what it counts for either.
    func measure(_ state: Case) async throws -> Sample {
        try await redis.flush()
        let requests = try await prepare(state.histories)
        let load = LimiterLoad(limiter: limiter, requests: requests)
        // A copied log has no slack at its end, as one that grew by itself has: the first call makes it.
        try check(try await load.askEach(callers: Self.callers), state)
        try await redis.resetStatistics()
        try await callOne(insteadFor: requests)
        let one = try await redis.statistics(of: "evalsha")
        try await redis.resetStatistics()
        try check(try await load.askEach(callers: Self.callers), state)
        let script = try await redis.statistics(of: "evalsha")
        return Sample(state: state, script: script.microsecondsPerCall, returningOne: one.microsecondsPerCall)
    }

    private func check(_ tally: LimiterLoad.Tally, _ state: Case) throws {
        if state.isAccepting {
            try tally.mustBe(\.allowed, "allowed")
        } else {
            try tally.mustBe(\.limited, "limited")
        }
    }

    private func callOne(insteadFor requests: [CheckRequest]) async throws {
        let client = redis.client
        let script = MeasuredScript()
        let commands = requests.map { request in
            var command = RedisCommand("EVALSHA", hashOfOne)
            for word in script.command(for: request).words.dropFirst(2) { command.append(word) }
            return command
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.callers {
                group.addTask {
                    for place in stride(from: caller, to: commands.count, by: Self.callers) {
                        _ = try await client.send(commands[place], deadline: .now() + .seconds(10))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

// MARK: Preparing
extension ScriptCost {
    /// Lets one identity live through each history, and copies its log to all others.
    private func prepare(_ histories: [LoggedHistory]) async throws -> [CheckRequest] {
        let now = Timestamp(milliseconds: try await redis.time())
        let models = try histories.indices.map { try Self.request("model-\($0)") }
        let tally = await HistoryWriter(limiter: limiter).live(Array(zip(models, histories)), until: now, callers: 16)
        try tally.mustBe(\.allowed, "allowed")
        let requests = try (0..<identities).map { try Self.request("client-\($0)") }
        for (number, request) in requests.enumerated() {
            let model = RedisKey.text(for: models[number % models.count].identity)
            try await redis.send(RedisCommand("COPY", model, RedisKey.text(for: request.identity)))
        }
        return requests
    }

    private static func request(_ identifier: String) throws -> CheckRequest {
        try CheckRequest(identity: Identity(identifier: identifier), policy: .defaultValue)
    }
}
