import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@Suite struct SeveralInstancesTests {
    private static let policy = try! Policy(windows: [
        Window(name: "tick", limit: 4, durationMilliseconds: 20),
        Window(name: "beat", limit: 12, durationMilliseconds: 100),
        Window(name: "span", limit: 40, durationMilliseconds: 500),
    ])
    private static let instances = 4
    private static let callersEach = 6
    /// How long the server's clock goes on, in milliseconds.
    private static let spell: Int64 = 1_200

    @Test("however many instances ask at once by the server's clock, no window of any span holds more than its limit")
    func neverMore() async throws {
        let (accepted, refusals) = try await withPrivateRedis { redis in
            try await withThrowingTaskGroup(of: (AcceptedUnits, Int).self) { group in
                for instance in 0..<Self.instances {
                    group.addTask { try await withRedisLimiter(redis.settings) { await Self.press($0, instance) } }
                }
                return try await group.reduce(into: (AcceptedUnits(), 0)) { sum, part in
                    sum.0.merge(part.0)
                    sum.1 += part.1
                }
            }
        }
        for window in Self.policy.windows { #expect(accepted.most(in: window) <= window.limit, "\(window)") }
        // They pushed: the longest window was full, and filled up again.
        #expect(accepted.most(in: Self.policy.windows[2]) == 40)
        #expect(accepted.count > 80)
        #expect(refusals > accepted.count)
    }

    /// Callers of one instance who ask again and again until the server's clock has gone far enough.
    private static func press(_ limiter: RedisLimiter, _ instance: Int) async -> (AcceptedUnits, Int) {
        await withTaskGroup(of: (AcceptedUnits, Int).self) { group in
            for caller in 0..<callersEach {
                group.addTask { await ask(limiter, cost: caller % 3 + 1) }
            }
            return await group.reduce(into: (AcceptedUnits(), 0)) { sum, part in
                sum.0.merge(part.0)
                sum.1 += part.1
            }
        }
    }

    private static func ask(_ limiter: RedisLimiter, cost: Int) async -> (AcceptedUnits, Int) {
        let request = try! CheckRequest(identity: Identity(identifier: "everybody"), policy: policy, cost: cost)
        var accepted = AcceptedUnits()
        var refusals = 0
        var end: Timestamp?
        while true {
            let decision = await limiter.check(request, at: nil)
            guard let judgedAt = decision.judgedAt else {
                Issue.record("Redis did not answer: \(decision)")
                break
            }
            if decision.isAllowed { accepted.note(cost, at: judgedAt) } else { refusals += 1 }
            let last = end ?? judgedAt + spell
            end = last
            if judgedAt > last { break }
        }
        return (accepted, refusals)
    }

    @Test(
        "units are counted over every span, its beginning left out and its end counted",
        arguments: [
            ([0, 10, 20], 20, 2), ([0, 10, 19], 20, 3), ([5, 5, 5], 1, 3), ([0, 1, 2, 3], 1, 1), ([30, 0, 10], 11, 2),
            ([], 5, 0),
        ] as [([Int64], Int64, Int)])
    func counts(_ times: [Int64], _ duration: Int64, _ most: Int) {
        var accepted = AcceptedUnits()
        for time in times { accepted.note(1, at: Timestamp(milliseconds: time)) }
        #expect(accepted.most(in: Window(name: "w", limit: 1, durationMilliseconds: duration)) == most)
    }
}
