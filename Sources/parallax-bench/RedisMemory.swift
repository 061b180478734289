import ParallaxCore
import RedisLimiting

/// What identities take of Redis's memory: `used_memory` over what the empty server had.
struct RedisMemory: Sendable {
    /// The bytes of all identities together.
    struct Reading: Equatable, Encodable, Sendable {
        let identities: Int
        /// With ten units each, spent one by one.
        let tenUnits: Int
        /// With a full hour of 1000 units each, the first they ever spent.
        let fullHour: Int
        /// With a full hour of 1000 units each, after up to another hour of the same.
        let laterHour: Int
    }

    static let fewUnits = 10
    static let fullUnits = 1000
    private static let callers = 256
    /// An hour holds a hundred steps of ten units that come every 36.1 seconds: the oldest leaves just before the next.
    private static let stepUnits = 10
    private static let stepMilliseconds: Int64 = 36_100

    let redis: MeasuredRedis
    let limiter: RedisLimiter
    let identities: Int

    func measure() async throws -> Reading {
        let requests = try (0..<identities).map {
            try CheckRequest(identity: Identity(identifier: "client-\($0)"), policy: .defaultValue)
        }
        // Another measurement may have left identities of the same names, with units later than the ones to come.
        try await redis.flush()
        // The connections' buffers have grown before the empty server is looked at.
        try await spend(requests, steps: { _ in 0..<1 })
        try await redis.flush()
        let empty = try await redis.usedMemory()
        let few = LoggedHistory(units: Self.fewUnits, everyMilliseconds: 10_000, newestAgeMilliseconds: 0)
        try await live(requests.map { ($0, few) })
        let tenUnits = try await redis.usedMemory() - empty
        try await redis.flush()
        let steps = Self.fullUnits / Self.stepUnits
        try await spend(requests, steps: { _ in 0..<steps })
        let fullHour = try await redis.usedMemory() - empty
        try await spend(requests, steps: { steps..<(steps + $0 % steps) })
        let laterHour = try await redis.usedMemory() - empty
        return Reading(identities: identities, tenUnits: tenUnits, fullHour: fullHour, laterHour: laterHour)
    }

    /// Spends the steps of each identity's life, whose first is three hours ago.
    private func spend(_ requests: [CheckRequest], steps: (Int) -> Range<Int>) async throws {
        try await live(
            requests.enumerated().map { number, request in
                let history = steps(number).map { step in
                    LoggedHistory.Step(
                        ageMilliseconds: 3 * 3_600_000 - Int64(step) * Self.stepMilliseconds, units: Self.stepUnits)
                }
                return (request, LoggedHistory(steps: history))
            })
    }

    private func live(_ lives: [(CheckRequest, LoggedHistory)]) async throws {
        let now = Timestamp(milliseconds: start)
        let tally = await HistoryWriter(limiter: limiter).live(lives, until: now, callers: Self.callers)
        try Task.checkCancellation()
        try tally.mustBe(\.allowed, "allowed")
    }

    /// The times are arguments of the script, and nothing else uses them: the same in every run.
    private var start: Int64 { MemoryWorkload.start.milliseconds }
}
