import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

@testable import ParallaxService

/// Whatever goes wrong with a login, no one reads the password.
@Suite struct SecretsTests {
    private static let secret = "hunter2-Aß%@:/?#"
    private static let encoded = "hunter2-A%C3%9F%25%40%3A%2F%3F%23"

    @Test("a wrong password shows in no log line, error, health or description, at the most talkative level")
    func wrongPassword() async throws {
        let log = CapturedLog()
        var printed: [String] = []
        try await withPrivateRedis(password: "right") { redis in
            for user in ["", "ann"] {
                var settings = redis.settings
                settings.url = try RedisURL("unix://\(user):\(Self.encoded)@\(redis.socketPath)?db=1")
                settings.refusalCacheIdentities = 5
                settings.breaker.failuresToOpen = 2
                printed += try await withRedisLimiter(settings, logger: log.logger) { try await Self.talk($0) }
            }
        }
        printed += log.lines.map { "\($0.message) \($0.metadata)" }
        #expect(log.lines.contains { $0.message == "no connection to Redis" })
        #expect(log.lines.contains { $0.message.hasPrefix("not subscribed to resets") })
        #expect(printed.contains { $0.contains("***") })
        for text in printed {
            #expect(!text.contains("hunter2") && !text.contains(Self.secret), "\(text)")
        }
    }

    /// Everything that a limiter says of itself while its login is refused.
    private static func talk(_ limiter: RedisLimiter) async throws -> [String] {
        let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)
        var printed: [String] = []
        for _ in 0..<3 { printed.append("\(await limiter.check(request, at: nil))") }
        if case .failure(let error) = await limiter.probe() { printed += ["\(error)", String(reflecting: error)] }
        do {
            _ = try await limiter.reset(request.identity)
        } catch {
            printed += ["\(error)", String(reflecting: error)]
        }
        while limiter.health.resetsProblem == nil || limiter.health.reconnects == 0 {
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(limiter.health.lastError?.code == .unauthorized)
        var dumped = ""
        dump(limiter.health, to: &dumped)
        dump(limiter.client.settings, to: &dumped)
        return printed + ["\(limiter.health)", dumped, "\(limiter.client.settings)", "\(limiter.client.settings.url)"]
    }
}
