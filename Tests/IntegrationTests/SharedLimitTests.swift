import Foundation
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Several processes that share one limit, judged by what all of them accepted.
@Suite struct SharedLimitTests {
    /// The windows of the settings below.
    private static let windows = [
        Window(name: "second", limit: 12, durationMilliseconds: 1_000),
        Window(name: "minute", limit: 30, durationMilliseconds: 60_000),
        Window(name: "hour", limit: 900, durationMilliseconds: 3_600_000),
        // Never full: all units of one millisecond reset one later, which tells when each was accepted.
        Window(name: "burst", limit: 1_000_000, durationMilliseconds: 1),
    ]

    private static func start(_ name: String, _ folder: URL, _ redis: PrivateRedis) async throws -> ParallaxProcess {
        try await ParallaxProcess(environment: [
            "REDIS_URL": redis.url.description, "CONFIG_DIRECTORY": folder.path,
            "DATABASE_PATH": folder.appending(path: "\(name).sqlite").path,
            "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
            "DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "false",
            "RATE_LIMIT_PER_SECOND": "12", "RATE_LIMIT_PER_MINUTE": "30", "RATE_LIMIT_PER_HOUR": "900",
            "RATE_LIMIT_BURST": "1000000", "RATE_LIMIT_BURST_WINDOW": "0.001",
            // An instance that gave up on Redis would not know of the units that it accepted after all.
            "REDIS_DECISION_TIMEOUT": "8",
        ])
    }

    @Test(
        "two services and a limiter of another process together accept no more in any span than one limit",
        .timeLimit(.minutes(2)))
    func sharedByProcesses() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let services = [
                    try await Self.start("a", folder, redis), try await Self.start("b", folder, redis),
                ]
                var accepted = AcceptedUnits()
                try await withRedisLimiter(redis.settings) { limiter in
                    accepted = try await Self.gather(services.map { Self.askHTTP($0) } + [Self.ask(limiter)])
                }
                for service in services { await service.terminate() }
                for window in Self.windows { #expect(accepted.most(in: window) <= window.limit, "\(window)") }
                #expect(accepted.count == 30, "they ask until the minute is full")
            }
        }
    }

    private typealias Asking = @Sendable () async throws -> AcceptedUnits

    /// What some callers of each instance accept, all asking at once until the minute is full.
    private static func gather(_ instances: [Asking]) async throws -> AcceptedUnits {
        try await withThrowingTaskGroup(of: AcceptedUnits.self) { group in
            for ask in instances {
                for _ in 0..<3 { group.addTask { try await ask() } }
            }
            return try await group.reduce(into: AcceptedUnits()) { $0.merge($1) }
        }
    }

    private static func askHTTP(_ service: ParallaxProcess) -> Asking {
        {
            var accepted = AcceptedUnits()
            while true {
                let answer = try await service.check("everyone").json()
                if answer["limited_by"] as? String == "minute" { return accepted }
                guard answer["allowed"] as? Bool == true else { continue }
                let windows = try #require(answer["windows"] as? [[String: Any]])
                let reset = try #require(windows.last?["reset_ms"] as? Int64)
                accepted.note(1, at: Timestamp(milliseconds: reset - 1))
            }
        }
    }

    private static func ask(_ limiter: RedisLimiter) -> Asking {
        {
            let request = try CheckRequest(
                identity: Identity(identifier: "everyone"), policy: Policy(windows: windows))
            var accepted = AcceptedUnits()
            while true {
                await Task.yield()
                let decision = await limiter.check(request, at: nil)
                if decision.outcome == .limited(by: "minute") { return accepted }
                if decision.isAllowed { accepted.note(1, at: try #require(decision.judgedAt)) }
            }
        }
    }
}
