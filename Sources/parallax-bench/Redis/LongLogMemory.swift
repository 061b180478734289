import CommandSupport
import NIOCore
import ParallaxCore
import RedisLimiting

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
    private static let leastUnits = 16_000
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
            guard logged > Self.leastUnits else { continue }
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
