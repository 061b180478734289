import CommandSupport
import NIOCore
import ParallaxCore
import RedisLimiting

/// The processor time that Redis takes for the script by how many units an identity has logged, next to the script of
/// another release on copies of the same logs.
struct LongLogCost: Sendable {
    enum Action: String, CaseIterable, Encodable, Sendable {
        case accepting, refusing, looking
    }

    /// One measurement, in microseconds a call.
    struct Sample: Equatable, Encodable, Sendable {
        let units: Int
        let action: Action
        let script: Double
        /// `nil` without another release's script.
        let reference: Double?
    }

    static let sizes = [60, 1_000, 10_000, 1_000_000]
    private static let callers = 64

    let redis: MeasuredRedis
    let limiter: RedisLimiter
    /// The hash of another release's script, loaded beforehand.
    let reference: String?
    private let hash: String

    init(redis: MeasuredRedis, limiter: RedisLimiter, reference: [UInt8]?) async throws {
        self.redis = redis
        self.limiter = limiter
        hash = try await redis.load(MeasuredScript().source)
        if let reference { self.reference = try await redis.load(reference) } else { self.reference = nil }
    }

    /// Lets one identity log the units, then asks about copies of it.
    ///
    /// - Parameter referenceFirst: Which of the two scripts is measured first.
    func measure(_ units: Int, _ action: Action, referenceFirst: Bool) async throws -> Sample {
        try await redis.flush()
        let policy = Self.policy(units)
        let model = try CheckRequest(identity: Identity(identifier: "model"), policy: policy)
        let now = Timestamp(milliseconds: try await redis.time())
        let life = HistoryWriter(limiter: limiter)
        let tally = await life.live([(model, Self.history(units, action))], until: now, callers: 1)
        try tally.mustBe(\.allowed, "allowed")
        var (script, other): (Double, Double?) = (0, nil)
        for isReference in referenceFirst ? [true, false] : [false, true] {
            guard isReference else {
                script = try await measure(hash, of: model, action, calls: units > 10_000 ? 500 : 1_000)
                continue
            }
            guard let reference else { continue }
            other = try await measure(reference, of: model, action, calls: units > 10_000 ? 20 : 1_000)
        }
        return Sample(units: units, action: action, script: script, reference: other)
    }

    /// - Returns: Microseconds a call.
    private func measure(
        _ hash: String, of model: CheckRequest, _ action: Action, calls: Int
    ) async throws -> Double {
        let units = model.policy.windows[2].limit
        let identities = min(calls, max(1, 1_000_000 / units))
        let requests = try (0..<identities).map {
            try CheckRequest(
                identity: Identity(identifier: "client-\($0)"), policy: model.policy, cost: action == .looking ? 0 : 1)
        }
        let key = RedisKey.text(for: model.identity)
        for request in requests {
            try await redis.send(RedisCommand("COPY", key, RedisKey.text(for: request.identity), "REPLACE"))
        }
        let commands = requests.map { Self.command(for: $0, hash) }
        // A copied log has no slack at its end, as one that grew by itself has: the first call makes it.
        try await ask(commands, times: 1, action)
        try await redis.resetStatistics()
        try await ask(commands, times: calls / identities, action)
        return try await redis.statistics(of: "evalsha").microsecondsPerCall
    }

    private func ask(_ commands: [RedisCommand], times: Int, _ action: Action) async throws {
        let calls = commands.count * times
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.callers {
                group.addTask {
                    for place in stride(from: caller, to: calls, by: Self.callers) {
                        let reply = try await redis.send(commands[place % commands.count])
                        guard case .bulk(let bytes) = reply, (bytes[0] & 63 > 0) == (action == .refusing) else {
                            throw CommandFailure(
                                .failure, "a decision that was to be measured \(action.rawValue) was not")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func command(for request: CheckRequest, _ hash: String) -> RedisCommand {
        var command = RedisCommand("EVALSHA", hash)
        for word in MeasuredScript().command(for: request).words.dropFirst(2) { command.append(word) }
        return command
    }
}

// MARK: What was logged
extension LongLogCost {
    /// The default windows up to a thousand units; above, four windows of which two hold more than a thousand.
    static func policy(_ units: Int) -> Policy {
        guard units > Policy.defaultValue.windows[2].limit else { return .defaultValue }
        return try! Policy(windows: [
            Window(name: "second", limit: 1_000, durationMilliseconds: 1_000),
            Window(name: "burst", limit: 1_000, durationMilliseconds: 500),
            Window(name: "hour", limit: units, durationMilliseconds: 3_600_000),
            Window(name: "half", limit: units, durationMilliseconds: 1_800_000),
        ])
    }

    static func history(_ units: Int, _ action: Action) -> LoggedHistory {
        switch (units, action) {
        case (60, .refusing): LoggedHistory(units: 60, everyMilliseconds: 700, newestAgeMilliseconds: 2_000)
        case (60, _): LoggedHistory(units: 60, everyMilliseconds: 2_000, newestAgeMilliseconds: 100)
        case (1_000, .refusing): LoggedHistory(units: 1_000, everyMilliseconds: 3_500, newestAgeMilliseconds: 2_000)
        case (1_000, _): LoggedHistory(units: 1_000, everyMilliseconds: 3_610, newestAgeMilliseconds: 100)
        case (_, .refusing):
            // The hour is full, and nothing leaves it for a minute.
            LoggedHistory(
                steps: steps(600, of: units, from: 3_960_000, to: 3_720_000)
                    + steps(10_000, of: units, from: 3_540_000, to: 2_000))
        default:
            LoggedHistory(steps: steps(10_600, of: units, from: 3_960_000, to: 100))
        }
    }

    /// Even steps, each a ten thousandth of the units.
    private static func steps(
        _ count: Int, of units: Int, from oldest: Int64, to newest: Int64
    ) -> [LoggedHistory.Step] {
        (0..<count).map { step in
            LoggedHistory.Step(
                ageMilliseconds: oldest - (oldest - newest) * Int64(step) / Int64(count - 1), units: units / 10_000)
        }
    }
}
