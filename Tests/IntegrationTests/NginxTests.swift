import Foundation
import NIOHTTP1
import ParallaxTesting
import RedisLimiting
import Testing

/// Debian's nginx in front of a service, with the configuration of docs/gateways.md.
@Suite struct NginxTests {
    private static let page = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/gateways.md")
    /// Continuous integration installs nginx, so that a missing one is a failure there.
    private static let isThere =
        FileManager.default.isExecutableFile(atPath: Nginx.executable)
        || ProcessInfo.processInfo.environment["CI"] != nil

    @Test(
        "the documented configuration gives clients 429 and 503 with their headers, on few connections",
        .enabled(if: isThere, "nginx is not installed: apt-get install nginx-light"), .timeLimit(.minutes(2)))
    func tellsRefusalsFromOutages() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let service = try await ParallaxProcess(environment: [
                    "CONFIG_DIRECTORY": folder.path, "REDIS_URL": redis.url.description,
                    "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                    "HYBRID_RATE_LIMITING": "false", "RATE_LIMIT_PER_SECOND": "1000", "RATE_LIMIT_BURST": "1000",
                    "RATE_LIMIT_PER_MINUTE": "30", "TRUSTED_PROXIES": "127.0.0.1",
                    "ORGANIZATION_HEADER": "X-Organization-Id",
                ])
                let nginx = try await Nginx(
                    in: folder, configuration: try Self.documentedConfiguration(), before: service.url)
                // 1. As many as the limit lets pass, whatever tenant the client names.
                var answers: [Nginx.Answer] = []
                for number in 0..<31 {
                    answers.append(try await nginx.get(headers: ["X-Organization-Id": "made-up-\(number)"]))
                }
                #expect(answers.prefix(30).allSatisfy { $0.status == 200 && $0.body == "application" })
                #expect(answers[0].headers.first(name: "X-RateLimit-Remaining") == "29")
                #expect(answers[30].status == 429)
                #expect(answers[30].headers.first(name: "Retry-After").flatMap { Int($0) } ?? 0 >= 1)
                #expect(answers[30].headers.first(name: "X-RateLimit-Limit") == "30")
                #expect(answers[30].headers.first(name: "X-RateLimit-Remaining") == "0")

                // 2. They came over few connections, though nginx drops the body of what it is told.
                let metrics = try await service.get("/metrics").body
                let opened = try #require(metrics.firstMatch(of: /parallax_http_connections_opened_total ([0-9]+)/))
                #expect(try #require(Int(opened.output.1)) < 10)

                // 3. An outage is 503.
                await redis.kill()
                try await eventually("Redis is missed") { try await nginx.get().status == 503 }
                #expect(try await nginx.get().headers.first(name: "Retry-After") == "1")
                await nginx.stop()
            }
        }
    }

    /// The example of the page.
    private static func documentedConfiguration() throws -> String {
        let text = try String(contentsOf: page, encoding: .utf8)
        return String(try #require(text.firstMatch(of: /```nginx\n((?s).*?)```/)).output.1)
    }
}
