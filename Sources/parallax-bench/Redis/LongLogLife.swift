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
