import NIOCore
import ParallaxCore
import ParallaxTesting
import Testing

@testable import RedisLimiting

/// Values under a caller's key that no release has written: another program's, or a log that was damaged.
@Suite struct AlienValueTests {
    struct Value: Sendable, CustomTestStringConvertible {
        let name: String
        let command: RedisCommand

        var testDescription: String { name }

        static func string(_ name: String, _ bytes: [UInt8]) -> Value {
            var command = RedisCommand("SET", AlienValueTests.key)
            command.append(bytes)
            return Value(name: name, command: command)
        }

        static func other(_ words: String...) -> Value {
            var command = RedisCommand()
            for word in [words[0], AlienValueTests.key] + words.dropFirst() { command.append(word) }
            return Value(name: words[0], command: command)
        }
    }

    static let identity = try! Identity(identifier: "caller")
    static let key = RedisKey.text(for: identity)
    private static let policy = try! Policy(windows: [
        Window(name: "second", limit: 10, durationMilliseconds: 1_000),
        Window(name: "hour", limit: 1_000, durationMilliseconds: 3_600_000),
    ])
    /// A base time and a longest duration as a log begins with.
    private static let header: [UInt8] = [0x42, 0x7a, 0x31, 0x8f, 0xc5, 0, 0, 0, 0, 0x36, 0xee, 0x80]

    static let values: [Value] = [
        .string("a number", Array("5".utf8)), .string("twelve bytes", Array("twelve bytes".utf8)),
        .string("text as long as a log", Array("sixteen bytes...".utf8)),
        .string("text whose first bytes are a huge time", Array("C0 and more text".utf8)),
        .string("text of 1,612 bytes", Array(String(repeating: "text", count: 403).utf8)),
        .string("text of 9,000 bytes", Array(String(repeating: "text", count: 2_250).utf8)),
        .string("bytes of 255", Array(repeating: 255, count: 4_000)),
        .string("a header with nothing but room", header + Array(repeating: 255, count: 1_012)),
        .string("a header and part of a unit", header + [0, 0, 0]),
        .string("units that are not in order", header + [0, 0, 0, 9, 0, 0, 0, 1]),
        .other("HSET", "field", "value"), .other("RPUSH", "element"), .other("SADD", "member"),
        .other("ZADD", "1", "member"),
    ]

    @Test("such a value counts for nothing and is replaced by the first units accepted", arguments: values)
    func isReplaced(_ value: Value) async throws {
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                _ = try await limiter.client.send(value.command, deadline: .now() + .seconds(30))
                // 1. Looking sees an empty log and leaves the value as it is.
                let look = try await Self.reply(cost: 0, limiter)
                #expect(!look.replacedForeignValue)
                #expect(try look.decision(policy: Self.policy, cost: 0).windows.map(\.used) == [0, 0])
                // 2. The first acceptance replaces it and says so; the next finds a log.
                let first = try await Self.reply(cost: 2, limiter)
                #expect(first.replacedForeignValue)
                #expect(try first.decision(policy: Self.policy, cost: 2).isAllowed)
                let second = try await Self.reply(cost: 1, limiter)
                #expect(!second.replacedForeignValue)
                #expect(try second.decision(policy: Self.policy, cost: 1).windows.map(\.used) == [3, 3])
            }
        }
    }

    @Test(
        "a log with any amount of room is read, also with more than any release leaves",
        arguments: [0, 248, 1_000, 5_000])
    func anyRoom(_ room: Int) async throws {
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let bits = Double(start.milliseconds).bitPattern.bigEndian
        var bytes = withUnsafeBytes(of: bits) { Array($0) } + Self.header.suffix(4)
        for unit in UInt32(0)..<300 { withUnsafeBytes(of: unit.bigEndian) { bytes.append(contentsOf: $0) } }
        let value = Value.string("log", bytes + Array(repeating: 255, count: room))
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                _ = try await limiter.client.send(value.command, deadline: .now() + .seconds(30))
                let request = try CheckRequest(identity: Self.identity, policy: Self.policy, cost: 1)
                let decision = await limiter.check(request, at: start + 2_000)
                #expect(decision.windows.map(\.used) == [1, 301])
                // Written so that the previous release can read it, too.
                guard
                    case .integer(let length) = try await limiter.client.send(
                        RedisCommand("STRLEN", Self.key), deadline: .now() + .seconds(30))
                else { throw RedisError.noDecision }
                #expect(length <= 12 + 301 * 4 + 256)
            }
        }
    }

    private static func reply(cost: Int, _ limiter: RedisLimiter) async throws -> SlidingLogReply {
        let script = SlidingLogScript()
        var command = RedisCommand("EVAL")
        command.append(script.source)
        command.append("1")
        script.appendArguments(
            to: &command, key: { RedisKey.append(identity, to: &$0) }, policy: policy, cost: cost, now: nil)
        let reply = try await limiter.client.send(command, deadline: .now() + .seconds(30))
        guard case .bulk(let bytes) = reply else { throw RedisError.noDecision }
        return SlidingLogReply(bytes: bytes)
    }
}
