import Foundation
import NIOCore
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Callers that give up, in great numbers: nothing stays behind, and no one gets another's answer.
@Suite(.timeLimit(.minutes(1))) struct GivingUpTests {
    private static func request(_ number: Int, limit: Int) -> CheckRequest {
        let windows = [Window(name: "hour", limit: limit, durationMilliseconds: 3_600_000)]
        return try! CheckRequest(identity: Identity(identifier: "caller \(number)"), policy: Policy(windows: windows))
    }

    @Test("of callers that cancel or run out of time at random, the others get their own answers and no place is kept")
    func random() async throws {
        try await withPrivateRedis { redis in
            var settings = redis.settings
            // Deadlines that pass are failures, and nothing else may fail here.
            settings.breaker.failuresToOpen = .max
            try await withRedisLimiter(settings) { limiter in
                let answers = await withTaskGroup(of: (Int, Decision).self) { group in
                    for number in 0..<4000 {
                        group.addTask {
                            // The limit tells each answer from all others.
                            let request = Self.request(number, limit: 10 + number)
                            if number % 3 == 0 {
                                let soon = NIODeadline.now() + .microseconds(Int64(number))
                                return (number, await limiter.check(request, at: nil, deadline: soon))
                            }
                            let task = Task { await limiter.check(request, at: nil) }
                            if number % 3 == 1 { task.cancel() }
                            return (number, await task.value)
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                for (number, decision) in answers where decision.judgedAt != nil {
                    #expect(decision.windows.map(\.remaining) == [9 + number])
                }
                #expect(answers.filter { $0.0 % 3 == 2 }.allSatisfy { $0.1.isAllowed })
                #expect(answers.contains { $0.1 == .unavailable(.timedOut) })
                try await until { limiter.health.pending == 0 }
                #expect(await limiter.check(Self.request(1, limit: 77), at: nil).windows.map(\.window.limit) == [77])
            }
        }
    }

    @Test("a hundred thousand questions while attempts to connect hang take no more sockets, and leave nothing behind")
    func halfOpen() async throws {
        try await withSaturatedListener { listener in
            let settings = RedisSettings(
                url: RedisURL(endpoint: .tcp(host: "127.0.0.1", port: listener.port)),
                connectionTimeout: .seconds(600), decisionTimeout: .milliseconds(1),
                breaker: BreakerSettings(failuresToOpen: .max))
            try await withRedisLimiter(settings) { limiter in
                let request = Self.request(1, limit: 10)
                while try listener.hangingAttempts() == 0 {
                    _ = await limiter.check(request, at: nil)
                    await Task.yield()
                }
                let before = try Self.openDescriptors()
                for _ in 0..<100 {
                    let decisions = await ask(1000) { _ in await limiter.check(request, at: nil) }
                    #expect(decisions.allSatisfy { $0 == .unavailable(.timedOut) || $0 == .unavailable(.skipped) })
                }
                #expect(try listener.hangingAttempts() == 1)
                #expect(try Self.openDescriptors() <= before + 8)
                #expect(limiter.health.connections == 0)
                try await until { limiter.health.pending == 0 }
            }
        }
    }

    private static func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
}
