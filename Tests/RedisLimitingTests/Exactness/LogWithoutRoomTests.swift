import NIOCore
import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

/// Logs as releases before the room of units to come wrote them, around the size from which a log has room.
@Suite struct LogWithoutRoomTests {
    private static let identity = try! Identity(identifier: "caller")
    private static let base: Int64 = 1_700_000_000_000
    private static let hour: Int64 = 3_600_000

    /// One unit a second since the base.
    private static func store(_ units: Int, _ limiter: RedisLimiter) async throws {
        var log = withUnsafeBytes(of: Double(base).bitPattern.bigEndian) { Array($0) }
        log += withUnsafeBytes(of: UInt32(hour).bigEndian) { Array($0) }
        for unit in 0..<units { log += withUnsafeBytes(of: UInt32(unit * 1_000).bigEndian) { Array($0) } }
        var command = RedisCommand("SET", RedisKey.text(for: identity))
        command.append(log)
        _ = try await limiter.client.send(command, deadline: .now() + .seconds(30))
    }

    private static func request(limit: Int, cost: Int) throws -> CheckRequest {
        let policy = try Policy(windows: [Window(name: "hour", limit: limit, durationMilliseconds: hour)])
        return try CheckRequest(identity: identity, policy: policy, cost: cost)
    }

    @Test("no unit is lost when the clock has stepped back", arguments: [252, 253, 254, 255, 256, 257, 258])
    func steppedBack(units: Int) async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                try await Self.store(units, limiter)
                let now = Timestamp(milliseconds: Self.base + 100_000)
                let look = await limiter.check(try Self.request(limit: 1_000, cost: 0), at: now)
                #expect(look.windows.map(\.used) == [units])
            }
        }
    }

    @Test("no unit is lost when very many are added at once", arguments: [252, 253, 254, 255, 256, 257, 258])
    func large(units: Int) async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                try await Self.store(units, limiter)
                let now = Timestamp(milliseconds: Self.base + Int64(units) * 1_000)
                let large = try Self.request(limit: 20_000, cost: 16_384)
                #expect(await limiter.check(large, at: now).isAllowed)
                let look = await limiter.check(try Self.request(limit: 20_000, cost: 0), at: now)
                #expect(look.windows.map(\.used) == [units + 16_384])
                // The units from before leave one after the other, an hour after they were accepted.
                let later = now + (Self.hour - 100_500)
                let left = await limiter.check(try Self.request(limit: 20_000, cost: 0), at: later)
                #expect(left.windows.map(\.used) == [100 + 16_384])
            }
        }
    }
}
