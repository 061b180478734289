import Benchmark
import Logging
import NIOCore
import ParallaxCore
@testable import RedisLimiting

/// Answers of the way to Redis that Redis is not asked for.
func registerRefusalBenchmarks() {
    Benchmark.asynchronousOperation("refusal, repeated by the cache", prepare: { await KeptRefusal() }) { kept in
        blackHole(kept.cache.refusal(of: kept.request))
    }
    Benchmark.asynchronousOperation("decision while the breaker is open", prepare: { await AwayRedis() }) { away in
        blackHole(await away.limiter.check(away.request, at: nil))
    }
}

/// A cache that holds one refusal for an hour, on a clock that stands still.
struct KeptRefusal: Sendable {
    let cache = RefusalCache(maximumIdentities: 10_000, lease: .seconds(3), uptime: { .seconds(1) })
    let request = try! CheckRequest(identity: Identity(identifier: "client-12345"), policy: .defaultValue)

    init() async {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let windows = request.policy.windows.map { window in
            WindowState(window: window, used: window.name == "hour" ? window.limit : 0, reset: now + 3_600_000)
        }
        let refusal = Decision(
            outcome: .limited(by: "hour"), windows: windows, retryAfterMilliseconds: 3_600_000, judgedAt: now)
        cache.heard(askedAt: .seconds(1))
        _ = await cache.remembering(request) { refusal }
        precondition(cache.refusal(of: request) != nil, "the cache keeps no refusal")
    }
}

/// A limiter whose Redis is not there, its breaker open.
struct AwayRedis: Sendable {
    let limiter: RedisLimiter
    let request = try! CheckRequest(identity: Identity(identifier: "client"), policy: .defaultValue)

    init() async {
        var settings = RedisSettings(url: try! RedisURL("redis+unix:///nonexistent/parallax.sock"))
        settings.decisionTimeout = .milliseconds(20)
        limiter = try! RedisLimiter(
            settings: settings, logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        while await limiter.check(request, at: nil).outcome != .unavailable(.circuitOpen) {}
    }
}
