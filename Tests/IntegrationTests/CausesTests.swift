import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Instances of the built binary under clients that push against their limits, and what goes wrong with them: the causes
/// recorded must be the true ones. The same in virtual time, and against complete histories, is `ScenarioTests`.
@Suite(.serialized) struct CausesTests {
    private static let concurrency: Set<DivergenceCause> = [.boundary, .carriedOver]
    private static let clients = PushingClients(identities: 6, callersEach: 3, pauseMilliseconds: 40...160)
    private static let phase = Duration.seconds(3)

    /// Runs a scenario, shows its figures, and holds what every one must keep.
    private func run(
        _ name: String, instances: Int = 1, redisURL: String, folder: URL, settings: [String: String] = [:],
        clients: PushingClients = clients, expected: Set<DivergenceCause>,
        fault: ((inout HybridFleet) async throws -> Void)? = nil
    ) async throws -> CauseFigures {
        var fleet = try await HybridFleet(instances, redisURL: redisURL, folder: folder, settings: settings)
        var answered = try await clients.push(for: Self.phase, at: fleet.services)
        if let fault {
            try await fault(&fleet)
            answered += try await clients.push(for: Self.phase, at: fleet.services)
        }
        let figures = try await fleet.finish()
        figures.show(name, expected: expected)
        #expect(figures.accountedFor >= answered)
        #expect(figures.unexpected(expected).isEmpty)
        return figures
    }

    @Test("one instance under many concurrent requests of few identities never finds another", .timeLimit(.minutes(1)))
    func concurrency() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                _ = try await run(
                    "one instance, 32 connections", redisURL: redis.url.description, folder: folder,
                    clients: PushingClients(identities: 2, callersEach: 16, pauseMilliseconds: 0...2),
                    expected: Self.concurrency)
            }
        }
    }

    @Test(
        "instances behind round-robin diverge because of each other", .timeLimit(.minutes(1)), arguments: [2, 4])
    func instances(_ count: Int) async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let figures = try await run(
                    "\(count) instances", instances: count, redisURL: redis.url.description, folder: folder,
                    expected: Self.concurrency.union([.otherInstances]))
                #expect(figures.count(.otherInstances) > figures.report.diverged / 2)
            }
        }
    }

    @Test("what an instance forgets by a restart is no other instance", .timeLimit(.minutes(1)))
    func restart() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let figures = try await run(
                    "restarted", redisURL: redis.url.description, folder: folder,
                    expected: Self.concurrency.union([.restart])
                ) { try await $0.restart(0) }
                #expect(figures.count(.restart) > 0)
            }
        }
    }

    @Test("a flushed Redis has lost writes", .timeLimit(.minutes(1)))
    func flush() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let figures = try await run(
                    "FLUSHALL", redisURL: redis.url.description, folder: folder,
                    expected: Self.concurrency.union([.lostWrites])
                ) { _ in try await redis.ask("FLUSHALL") }
                #expect(figures.count(.lostWrites) > 0)
            }
        }
    }

    @Test("a replica that is promoted without the last writes has lost them", .timeLimit(.minutes(1)))
    func failover() async throws {
        try await withFolder { folder in
            try await withFailoverPair(in: folder) { pair in
                let figures = try await run(
                    "failover", redisURL: pair.url, folder: folder,
                    expected: Self.concurrency.union([.lostWrites])
                ) { fleet in
                    try await pair.cutOffReplica()
                    _ = try await Self.clients.push(for: .seconds(1), at: fleet.services)
                    try await pair.failOver()
                }
                #expect(figures.count(.lostWrites) > 0)
            }
        }
    }

    @Test(
        "a clock that is always 2 s off makes no divergence",
        .enabled(if: SteppingClock.isAvailable, "\(SteppingClock.remedy)"), .timeLimit(.minutes(1)))
    func skew() async throws {
        try await withFolder { folder in
            try await withSteppingRedis(secondsAhead: 2) { redis, _ in
                _ = try await run(
                    "clock 2 s off", redisURL: redis.url.description, folder: folder,
                    settings: ["CLOCK_SKEW_TOLERANCE_MS": "1000"], expected: Self.concurrency)
            }
        }
    }

    @Test(
        "a Redis whose clock is 2 h elsewhere for a second has stepped, and holds no caller for longer than a window",
        .enabled(if: SteppingClock.isAvailable, "\(SteppingClock.remedy)"), .timeLimit(.minutes(1)),
        arguments: [7_200, -7_200])
    func steps(_ secondsAhead: Int) async throws {
        try await withFolder { folder in
            try await withSteppingRedis { redis, clock in
                let figures = try await run(
                    "clock \(secondsAhead) s ahead for a second", redisURL: redis.url.description, folder: folder,
                    expected: Self.concurrency.union([.clockSkew])
                ) { fleet in
                    try clock.set(secondsAhead: secondsAhead)
                    _ = try await Self.clients.push(for: .seconds(1), at: fleet.services)
                    try clock.set(secondsAhead: 0)
                }
                #expect(figures.count(.clockSkew) > 0)
                // The clients reach the limits of windows up to a minute.
                #expect(figures.rows.allSatisfy { $0.candidate.retryAfterMilliseconds <= 60_000 })
            }
        }
    }

    @Test(
        "a legacy limiter that counts in another way diverges because of that", .timeLimit(.minutes(1)),
        arguments: LimiterAlgorithm.allCases.filter { $0 != .slidingLog })
    func algorithm(_ algorithm: LimiterAlgorithm) async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let figures = try await run(
                    algorithm.rawValue, redisURL: redis.url.description, folder: folder,
                    settings: ["LEGACY_ALGORITHM": algorithm.rawValue], expected: [.algorithm, .boundary])
                #expect(figures.count(.algorithm) > 0)
            }
        }
    }
}
