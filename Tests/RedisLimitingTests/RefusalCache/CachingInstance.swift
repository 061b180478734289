import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// An instance in `distributed_only` that keeps refusals.
struct CachingInstance: Sendable {
    let limiter: RedisLimiter
    private let hybrid: HybridLimiter

    init(_ limiter: RedisLimiter) {
        self.limiter = limiter
        let clock = VirtualClock()
        hybrid = HybridLimiter(
            control: InMemoryLimiter(), candidate: limiter, refusals: limiter.refusals, clocks: clock.clocks,
            flags: { FlagValues(distributedEnabled: true, hybrid: false, failOpen: false, enforcementPercent: 0) },
            observer: CollectingObserver())
    }

    /// What a caller gets.
    func check(_ request: CheckRequest) async -> Decision { await hybrid.check(request).decision }

    /// What Redis itself answers at a passed time.
    func judge(_ request: CheckRequest, at time: Timestamp) async -> Decision { await limiter.check(request, at: time) }

    func refusal(of request: CheckRequest) -> Decision? { limiter.refusals?.refusal(of: request) }

    /// Waits until refusals may be repeated.
    func untilInUse() async throws {
        try await until { limiter.refusals?.health.isInUse == true }
    }

    /// Asks until a refusal is kept: one that an announcement of an earlier reset meets on its way is not.
    func untilKept(_ request: CheckRequest) async throws {
        repeat {
            guard case .limited = await check(request).outcome else {
                Issue.record("\(request.identity) was not refused")
                return
            }
            await Task.yield()
        } while refusal(of: request) == nil
    }

    /// How often Redis ran a script.
    func evaluations() async throws -> Int {
        let reply = try await limiter.client.send(RedisCommand("INFO", "commandstats"), deadline: .now() + .seconds(30))
        let text = try #require(reply.text)
        return text.matches(of: /cmdstat_eval(?:sha)?:calls=([0-9]+)/).reduce(0) { $0 + Int($1.output.1)! }
    }
}

/// Lends an instance whose cache is in use.
///
/// - Parameter heartbeat: How often its subscription must prove that it is alive; it is trusted for three times that.
func withInstance<Result: Sendable>(
    _ redis: PrivateRedis, heartbeat: Duration = .seconds(1), uptime: (@Sendable () -> Duration)? = nil,
    _ body: (CachingInstance) async throws -> Result
) async throws -> Result {
    var settings = redis.settings
    settings.refusalCacheIdentities = 1_000
    settings.resetHeartbeat = heartbeat
    return try await withRedisLimiter(settings, uptime: uptime) { limiter in
        let instance = CachingInstance(limiter)
        try await instance.untilInUse()
        return try await body(instance)
    }
}

/// Waits until something holds, or the test's time is over.
func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
}
