import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// No verdict rests on a key having expired, nor on its being there still once all its units have left.
@Suite struct ExpiryTests {
    /// A server that removes nothing by itself.
    private static let arguments = ["--enable-debug-command", "yes"]

    @Test(
        "at passed times long ago, today and far ahead, keys that stay for ever and keys that vanish make no difference",
        arguments: [0, 86_400_000, 1_800_000_000_000, 7_000_000_000_000])
    func anyExpiry(_ start: Int64) async throws {
        try await withPrivateRedis(arguments: Self.arguments) { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                _ = try await send("DEBUG", "SET-ACTIVE-EXPIRE", "0", to: limiter)
                for index in 0..<20 {
                    var trace = RandomTrace(
                        identifier: "id-\(index)", seed: TestSeed.current &+ UInt64(index),
                        start: Timestamp(milliseconds: start), changesPolicy: false, stepsBack: false)
                    try await run(&trace, on: limiter)
                }
            }
        }
    }

    /// Asks under one policy at times that never step back, and in between lets the key live on, or go once nothing in
    /// it counts.
    private func run(_ trace: inout RandomTrace, on limiter: RedisLimiter) async throws {
        let reference = ReferenceLimiter()
        var answer: Decision?
        for step in 0..<150 {
            let question = trace.next(after: answer)
            let key = RedisKey.text(for: trace.identity)
            let look = try CheckRequest(identity: trace.identity, policy: trace.policy, cost: 0)
            if trace.isOneIn(3) {
                _ = try await send("PERSIST", key, to: limiter)
            } else if Self.holdsNothing(reference.judge(look, at: question.now)) {
                // As the server does it: the key is there, and no longer seen.
                _ = try await send("PEXPIRE", key, "1", to: limiter)
                while try await send("EXISTS", key, to: limiter) == .integer(1) { await Task.yield() }
            }
            let decision = await limiter.check(question.request, at: question.now)
            let expected = reference.judge(question.request, at: question.now)
            try #require(decision == expected, "step \(step) from \(trace.policy); \(TestSeed.remedy)")
            answer = decision
        }
    }

    private static func holdsNothing(_ decision: Decision) -> Bool { decision.windows.allSatisfy { $0.used == 0 } }

    @Test("units judged by the server's clock stay until they have left the longest window, and no key goes earlier")
    func neverEarly() async throws {
        let policy = try Policy(windows: [
            Window(name: "short", limit: 90, durationMilliseconds: 7),
            Window(name: "long", limit: 99, durationMilliseconds: 60_000),
        ])
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                for index in 0..<100 {
                    let identity = try Identity(identifier: "id-\(index % 10)")
                    let request = try CheckRequest(identity: identity, policy: policy, cost: 1)
                    let judgedAt = try #require(await limiter.check(request, at: nil).judgedAt)
                    let expiry = try await send("PEXPIRETIME", RedisKey.text(for: identity), to: limiter)
                    guard case .integer(let expiry) = expiry else { throw RedisError(.server, "\(expiry)") }
                    #expect(expiry >= judgedAt.milliseconds + 60_000)
                }
            }
        }
    }

    @Test("a key that outlives its window by the server's clock counts for nothing", .timeLimit(.minutes(1)))
    func neverLate() async throws {
        let policy = try Policy(windows: [Window(name: "w", limit: 2, durationMilliseconds: 30)])
        let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: policy, cost: 2)
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let key = RedisKey.text(for: request.identity)
                var rounds = 0
                while rounds < 5 {
                    let first = try #require(await limiter.check(request, at: nil).judgedAt)
                    // On a busy machine the key may have expired before it can be kept.
                    guard try await send("PERSIST", key, to: limiter) == .integer(1) else { continue }
                    var decision = await limiter.check(request, at: nil)
                    while !decision.isAllowed {
                        #expect(try #require(decision.judgedAt) - first < 30)
                        #expect(decision.retryAfterMilliseconds == first + 30 - decision.judgedAt!)
                        decision = await limiter.check(request, at: nil)
                    }
                    #expect(try #require(decision.judgedAt) - first >= 30)
                    _ = try await send("DEL", key, to: limiter)
                    rounds += 1
                }
            }
        }
    }

    @Test("a passed time on a log of the server's clock is judged by its units, before them and after")
    func mixedClocks() async throws {
        let policy = try Policy(windows: [Window(name: "hour", limit: 1, durationMilliseconds: 3_600_000)])
        let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: policy)
        try await withPrivateRedis { redis in
            try await withRedisLimiter(redis.settings) { limiter in
                let judgedAt = try #require(await limiter.check(request, at: nil).judgedAt)
                let before = await limiter.check(request, at: judgedAt + -9_000)
                #expect(before.retryAfterMilliseconds == 3_609_000)
                let early = await limiter.check(request, at: judgedAt + 3_599_999)
                #expect(early.retryAfterMilliseconds == 1)
                #expect(await limiter.check(request, at: judgedAt + 3_600_000).isAllowed)
                // The server's clock now stands an hour before the newest unit, as if it had stepped back.
                let now = await limiter.check(request, at: nil)
                #expect(now.retryAfterMilliseconds == 3_600_000)
                #expect(now.stepBackMilliseconds == judgedAt.milliseconds + 3_600_000 - now.judgedAt!.milliseconds)
            }
        }
    }

    private func send(_ words: String..., to limiter: RedisLimiter) async throws -> RedisReply {
        var command = RedisCommand()
        for word in words { command.append(word) }
        return try await limiter.client.send(command, deadline: .now() + .seconds(30))
    }
}
