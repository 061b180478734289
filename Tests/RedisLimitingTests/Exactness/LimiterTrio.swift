import ParallaxCore
import ParallaxTesting
import RedisLimiting

/// The three sliding logs side by side: whatever is asked, they must give one answer.
struct LimiterTrio: Sendable {
    let redis: RedisLimiter
    let memory = InMemoryLimiter()
    let reference = ReferenceLimiter()

    /// Asks all three and requires that whole decisions are equal.
    ///
    /// - Parameter place: Where a difference is to be looked for.
    func check(
        _ request: CheckRequest, at now: Timestamp, _ place: @autoclosure () -> String
    ) async throws -> Decision {
        let expected = reference.judge(request, at: now)
        let inMemory = memory.judge(request, at: now)
        let inRedis = await redis.check(request, at: now)
        if inMemory == expected, inRedis == expected { return expected }
        let windows = request.policy.windows.map { "\($0.limit)/\($0.durationMilliseconds) ms" }
        throw Difference(
            description: """
                \(place()): \(request.identity.identifier) at \(now.milliseconds), cost \(request.cost), \
                windows \(windows.joined(separator: " ")); \(TestSeed.remedy)
                reference \(expected)
                memory    \(inMemory)
                redis     \(inRedis)
                """)
    }

    struct Difference: Error, CustomStringConvertible {
        let description: String
    }
}

/// Lends the three on a Redis of their own.
func withLimiterTrio<Result: Sendable>(_ body: (LimiterTrio) async throws -> Result) async throws -> Result {
    try await withPrivateRedis { redis in
        var settings = redis.settings
        // Many traces ask at once, and a slow machine makes no difference.
        settings.decisionTimeout = .seconds(60)
        return try await withRedisLimiter(settings) { try await body(LimiterTrio(redis: $0)) }
    }
}
