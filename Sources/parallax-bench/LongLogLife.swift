import CommandSupport
import NIOCore
import ParallaxCore
import RedisLimiting

/// A caller with a million units who is busy for more than 49 days: the slowest calls of its life, and its memory.
struct LongLogLife: Sendable {
    struct Reading: Equatable, Encodable, Sendable {
        /// Of the calls with a million units in the log, in milliseconds of Redis's time.
        let slowest: Double
        /// Calls above a millisecond: rewriting the log, and moving its base once.
        let slowCalls: Int
        /// Units accepted meanwhile.
        let units: Int
        /// Bytes of Redis's memory a unit kept, at most.
        let bytesPerUnit: Double
    }

    private static let hour: Int64 = 3_600_000
    private static let units = 1_000_000
    private static let unitsPerStep = 100
    /// After 32 bits of milliseconds, less the bytes that begin with 255, the base of a log has to move.
    private static let baseMoves: Int64 = 4_278_190_080

    let redis: MeasuredRedis
    let limiter: RedisLimiter

    func measure() async throws -> Reading {
        try await redis.flush()
        let request = try CheckRequest(
            identity: Identity(identifier: "busy"),
            policy: Policy(windows: [
                Window(name: "hour", limit: Self.units, durationMilliseconds: Self.hour),
                Window(name: "half", limit: Self.units, durationMilliseconds: Self.hour / 2),
            ]))
        let start = Timestamp(milliseconds: MemoryWorkload.start.milliseconds)
        // 1. A unit every fifty minutes keeps the log from starting over.
        let quiet = Self.baseMoves - 2 * Self.hour
        for offset in stride(from: 0, to: quiet, by: 3_000_000) { try await accept(1, of: request, at: start + offset) }
        // 2. An hour fills the log.
        let step = Self.hour * Int64(Self.unitsPerStep) / Int64(Self.units) + 1
        var offset = quiet
        while offset < quiet + Self.hour {
            try await accept(Self.unitsPerStep, of: request, at: start + offset)
            offset += step
        }
        // 3. Two hours with a full log, across the move.
        try await redis.send(RedisCommand("CONFIG", "SET", "slowlog-log-slower-than", "1000"))
        try await redis.send(RedisCommand("SLOWLOG", "RESET"))
        var (accepted, bytes) = (0, 0)
        while offset < quiet + 3 * Self.hour {
            try await accept(Self.unitsPerStep, of: request, at: start + offset)
            offset += step
            accepted += Self.unitsPerStep
            if accepted.isMultiple(of: 50_000) {
                bytes = max(bytes, try await redis.memory(of: RedisKey.text(for: request.identity)))
            }
        }
        let slow = try await slowCalls()
        return Reading(
            slowest: slow.max() ?? 1, slowCalls: slow.count, units: accepted,
            bytesPerUnit: Double(bytes) / Double(Self.units))
    }

    private func accept(_ units: Int, of request: CheckRequest, at now: Timestamp) async throws {
        let spending = try CheckRequest(identity: request.identity, policy: request.policy, cost: units)
        let decision = await limiter.check(spending, at: now, deadline: .now() + .seconds(10))
        guard decision.isAllowed else {
            throw CommandFailure(.failure, "a decision of a long life was \(decision.outcome) and not allowed")
        }
    }

    /// Redis's own time for each call above a millisecond, in milliseconds.
    private func slowCalls() async throws -> [Double] {
        guard case .array(let entries) = try await redis.send(RedisCommand("SLOWLOG", "GET", "128")) else { return [] }
        return entries.compactMap { entry in
            guard case .array(let fields) = entry, fields.count > 3, case .integer(let microseconds) = fields[2],
                case .array(let words) = fields[3], words.first?.text?.uppercased() == "EVALSHA"
            else { return nil }
            return Double(microseconds) / 1000
        }
    }
}

/// Redis's memory of long logs at every moment of their growth, next to the script of another release on the same life.
struct LongLogMemory: Sendable {
    struct Reading: Equatable, Encodable, Sendable {
        /// In the longest window once it is full.
        let units: Int
        /// The most that the log took at the same moment over the other release's.
        let mostOverReference: Double
    }

    static let sizes = [20_000, 33_000, 131_000, 196_000, 525_000, 1_000_000]
    /// Up to here both releases write logs of the same length.
    private static let minimumUnits = 16_000
    private static let hour: Int64 = 3_600_000

    private let redis: MeasuredRedis
    private let hash: String
    private let reference: String

    init(redis: MeasuredRedis, reference: String) async throws {
        self.redis = redis
        self.reference = reference
        hash = try await redis.load(MeasuredScript().source)
    }

    /// Fills an hour, goes on at the same rate until units have left twice, then at less than a third of it.
    func measure(_ units: Int) async throws -> Reading {
        try await redis.flush()
        let policy = try Policy(windows: [
            Window(name: "hour", limit: Policy.maximumLimit, durationMilliseconds: Self.hour)
        ])
        let steps = 100
        let (mine, others) = try (
            CheckRequest(identity: Identity(identifier: "script"), policy: policy, cost: units / steps),
            CheckRequest(identity: Identity(identifier: "reference"), policy: policy, cost: units / steps)
        )
        let gap = Self.hour / Int64(steps)
        var (now, most, logged) = (MemoryWorkload.start, 0.0, 0)
        for step in 0..<(steps * 26 / 10) {
            now = now + (step < steps * 22 / 10 ? gap : gap * 10 / 3)
            try await accept(mine, hash, at: now)
            try await accept(others, reference, at: now)
            logged += units / steps
            guard logged > Self.minimumUnits else { continue }
            most = max(most, try await Double(memory(of: mine)) / Double(memory(of: others)))
        }
        return Reading(units: units, mostOverReference: most)
    }

    private func accept(_ request: CheckRequest, _ hash: String, at now: Timestamp) async throws {
        var command = RedisCommand("EVALSHA", hash)
        for word in MeasuredScript().command(for: request, at: now).words.dropFirst(2) { command.append(word) }
        guard case .bulk(let bytes) = try await redis.send(command), bytes[0] == 0 else {
            throw CommandFailure(.failure, "a decision of a growing log was not allowed")
        }
    }

    private func memory(of request: CheckRequest) async throws -> Int {
        try await redis.memory(of: RedisKey.text(for: request.identity))
    }
}
