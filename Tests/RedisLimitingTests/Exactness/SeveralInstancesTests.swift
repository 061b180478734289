import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Synchronization
import Testing

@Suite struct SeveralInstancesTests {
    private static let policy = try! Policy(windows: [
        Window(name: "tick", limit: 4, durationMilliseconds: 20),
        Window(name: "beat", limit: 12, durationMilliseconds: 100),
        Window(name: "span", limit: 40, durationMilliseconds: 500),
    ])
    private static let instances = 4
    private static let callersEach = 6
    /// How long the server's clock goes on at least, in milliseconds.
    private static let spell: Int64 = 1_200
    /// How much longer it may go on where a machine stood still meanwhile and the windows have not filled up.
    private static let patience: Int64 = 20_000

    /// What all callers were accepted.
    private final class Everybody: Sendable {
        private let units = Mutex(AcceptedUnits())

        var accepted: AcceptedUnits { units.withLock { $0 } }
        /// Whether the longest window was full, and filled up again.
        var haveFilledUp: Bool {
            let accepted = accepted
            return accepted.count > 80 && accepted.most(in: policy.windows[2]) >= 40
        }

        func note(_ cost: Int, at time: Timestamp) {
            units.withLock { $0.note(cost, at: time) }
        }
    }

    @Test("however many instances ask at once by the server's clock, no window of any span holds more than its limit")
    func neverMore() async throws {
        let everybody = Everybody()
        let refusals = try await withPrivateRedis { redis in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<Self.instances {
                    group.addTask { try await withRedisLimiter(redis.settings) { await Self.press($0, everybody) } }
                }
                return try await group.reduce(0, +)
            }
        }
        let accepted = everybody.accepted
        for window in Self.policy.windows { #expect(accepted.most(in: window) <= window.limit, "\(window)") }
        // They pushed: the longest window was full, and filled up again.
        #expect(accepted.most(in: Self.policy.windows[2]) == 40)
        #expect(accepted.count > 80)
        #expect(refusals > accepted.count)
    }

    /// Callers of one instance who ask again and again until the server's clock has gone far enough.
    ///
    /// - Returns: How many were refused.
    private static func press(_ limiter: RedisLimiter, _ everybody: Everybody) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for caller in 0..<callersEach {
                group.addTask { await ask(limiter, cost: caller % 3 + 1, everybody) }
            }
            return await group.reduce(0, +)
        }
    }

    private static func ask(_ limiter: RedisLimiter, cost: Int, _ everybody: Everybody) async -> Int {
        let request = try! CheckRequest(identity: Identity(identifier: "everyone"), policy: policy, cost: cost)
        var refusals = 0
        var end: Timestamp?
        while true {
            let decision = await limiter.check(request, at: nil)
            guard let judgedAt = decision.judgedAt else {
                Issue.record("Redis did not answer: \(decision)")
                break
            }
            if decision.isAllowed { everybody.note(cost, at: judgedAt) } else { refusals += 1 }
            let last = end ?? judgedAt + spell
            end = last
            if judgedAt > last, everybody.haveFilledUp || judgedAt > last + patience { break }
        }
        return refusals
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
