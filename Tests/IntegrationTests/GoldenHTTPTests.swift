import Foundation
import NIOHTTP1
import ParallaxTesting
import RedisLimiting
import Testing

/// Every documented answer of a running service, held against the golden files.
@Suite struct GoldenHTTPTests {
    /// Only the minute limits within a test; the other windows have room.
    private static let limits = [
        "RATE_LIMIT_PER_SECOND": "1000", "RATE_LIMIT_BURST": "1000", "RATE_LIMIT_PER_MINUTE": "2",
        "RATE_LIMIT_PER_HOUR": "1000", "ENVIRONMENT": "development",
    ]
    private static let distributed = ["DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "false"]
    private static let hybrid = ["DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true"]

    private static let healthRoutes = [
        GoldenRequest("GET", "/health"), GoldenRequest("GET", "/health/live"), GoldenRequest("GET", "/health/ready"),
        GoldenRequest("GET", "/api/system/rate-limit/health"),
    ]

    /// A check that is allowed, the two that follow it, and every error that a body can lead to.
    private static let checks = [
        GoldenRequest("POST", "/v1/check", #"{"organization":"acme","identifier":"key-1"}"#),
        GoldenRequest("POST", "/v1/check", #"{"organization":"acme","identifier":"key-1","cost":1}"#),
        GoldenRequest("POST", "/v1/check", #"{"organization":"acme","identifier":"key-1"}"#),
        GoldenRequest("POST", "/v1/check", #"{"identifier":"key-1","cost":0}"#),
        GoldenRequest("POST", "/v1/check", #"{"identifier":"key-1""#),
        GoldenRequest("POST", "/v1/check", #"{"identifier":1}"#),
        GoldenRequest("POST", "/v1/check", #"{"organization":"acme"}"#),
        GoldenRequest("POST", "/v1/check", #"{"identifier":"a","identifier":"b"}"#),
        GoldenRequest("POST", "/v1/check", #"{"identifier":""}"#),
        GoldenRequest(
            "POST", "/v1/check", "{\"identifier\":\"\(String(repeating: "a", count: 257))\"}",
            note: "an identifier of 257 bytes"),
        GoldenRequest(
            "POST", "/v1/check", "{\"identifier\":\"a\",\"organization\":\"\(String(repeating: "a", count: 257))\"}",
            note: "an organization of 257 bytes"),
        GoldenRequest("POST", "/v1/check", #"{"identifier":"a","cost":3}"#),
        GoldenRequest("POST", "/v1/check", #"{"identifier":"a","cost":99999999999999999999}"#),
        GoldenRequest(
            "POST", "/v1/check", String(repeating: " ", count: 16_385) + "{}", note: "a body of more than 16 KiB"),
    ]

    private static let forwardAuth = [
        GoldenRequest("GET", "/v1/forward-auth", headers: ["X-API-Key": "gateway-1"]),
        GoldenRequest("GET", "/v1/forward-auth/any/path", headers: ["X-API-Key": "gateway-1"]),
        GoldenRequest("GET", "/v1/forward-auth", headers: ["X-API-Key": "gateway-1"]),
        GoldenRequest("GET", "/v1/forward-auth"),
        GoldenRequest("GET", "/v1/forward-auth", headers: ["X-API-Key": "10.0.0.1"]),
    ]

    private static let responseTimes = [
        GoldenRequest(
            "POST", "/v1/response-times", #"{"response_times":[38.2,{"milliseconds":12,"identifier":"key-1"}]}"#),
        GoldenRequest("POST", "/v1/response-times", #"{"response_times":[1,{"milliseconds":-1}]}"#),
        GoldenRequest("POST", "/v1/response-times", "{}"),
    ]

    private static let edges = [
        GoldenRequest("GET", "/nothing"), GoldenRequest("GET", "/v1/check"), GoldenRequest("POST", "/health", "{}"),
        GoldenRequest("GET", "/health", headers: ["Host": "shop.example.com"]),
        GoldenRequest(
            "POST", "/v1/check", #"{"identifier":"a"}"#, headers: ["Origin": "https://example.com"]),
        GoldenRequest("GET", "/health/live", headers: ["X-Long": String(repeating: "a", count: 17_000)]),
    ]

    private static let adminRoutes = [
        GoldenRequest("GET", "/v1/limits/status?organization=acme&identifier=key-1"),
        GoldenRequest("GET", "/v1/limits/status"),
        GoldenRequest("GET", "/v1/limits/top?organization=acme&limit=5"),
        GoldenRequest("GET", "/v1/limits/top?limit=0"),
        GoldenRequest("POST", "/v1/limits/reset", #"{"organization":"acme","identifier":"key-1"}"#),
        GoldenRequest("POST", "/v1/limits/reset", #"{"organization":"acme"}"#),
        GoldenRequest("POST", "/v1/limits/reset", #"{"organization":"acme","identifier":"a","all":true}"#),
        GoldenRequest("POST", "/v1/limits/reset", #"{"organization":"acme","all":true}"#),
        GoldenRequest("POST", "/v1/limits/reset", #"{"all":true}"#),
        GoldenRequest("GET", "/v1/flags"),
        GoldenRequest("POST", "/v1/rollback/acknowledge", #"{"by":"ann","reason":"seen"}"#),
        GoldenRequest("POST", "/v1/rollback/acknowledge", #"{"by":"","reason":"seen"}"#),
        GoldenRequest("POST", "/v1/rollback/drill/end", "{}"),
    ]

    /// A service of a test, and what differs from run to run.
    private struct Scene {
        let service: PromotedService
        let volatile: VolatileText

        init(_ folder: URL, redisURL: String, _ settings: [String: String]) async throws {
            service = try await PromotedService(
                in: folder, redisURL: redisURL,
                settings: limits.merging(["INSTANCE_ID": "instance-a"]) { $1 }
                    .merging(settings) { $1 })
            volatile = VolatileText(known: [(folder.path, "<folder>"), (redisURL, "<redis>")])
        }

        func ask(_ requests: [GoldenRequest], token: String? = nil) async throws -> String {
            var transcript = Transcript(volatile, .running)
            for request in requests {
                var headers = request.headers
                if let token { headers["Authorization"] = "Bearer \(token)" }
                if request.body != nil { headers["Content-Type"] = "application/json" }
                let response = try await service.service.send(
                    HTTPMethod(rawValue: request.method), request.path, headers: headers, body: request.body)
                transcript.add(request, response)
            }
            return transcript.text
        }

        /// Expects the health routes to come to what their golden file says.
        func expectHealth(_ name: String) async throws {
            try await service.untilSizeIsKnown()
            try await Golden.expectEventually("http/health-\(name).txt") { try await ask(healthRoutes) }
        }

        func untilFiring(_ alerts: String...) async throws {
            try await eventually("the alerts \(alerts) fire") {
                let document = try await service.service.get("/health").json()["alerts"] as? [String: Any]
                return Set(alerts).isSubset(of: document?["firing"] as? [String] ?? [])
            }
        }
    }

    @Test("the answers in legacy without Redis are the golden ones", .timeLimit(.minutes(2)))
    func legacy() async throws {
        try await withFolder { folder in
            let scene = try await Scene(
                folder, redisURL: "unix://\(folder.path)/none.sock",
                ["DISTRIBUTED_RATE_LIMITING_ENABLED": "false", "ADMIN_TOKEN_FILE": ""])
            try await scene.expectHealth("legacy-without-redis")
            Golden.expect(try await scene.ask(Self.checks), is: "http/check-legacy.txt")
            Golden.expect(try await scene.ask(Self.forwardAuth), is: "http/forward-auth-legacy.txt")
            Golden.expect(try await scene.ask(Self.responseTimes), is: "http/response-times.txt")
            Golden.expect(try await scene.ask(Self.edges), is: "http/errors-of-every-route.txt")
            Golden.expect(try await scene.ask(Self.adminRoutes), is: "http/admin-off.txt")
            await scene.service.service.terminate()
        }
    }

    @Test("the answers in hybrid with Redis are the golden ones", .timeLimit(.minutes(2)))
    func hybrid() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let scene = try await Scene(folder, redisURL: redis.url.description, Self.hybrid)
                try await scene.service.untilRedisIsWell()
                try await scene.expectHealth("hybrid")
                Golden.expect(
                    try await scene.ask(Array(Self.checks[..<3])), is: "http/check-hybrid.txt")
                Golden.expect(
                    try await scene.ask(Self.adminRoutes, token: PromotedService.token), is: "http/admin-hybrid.txt")
                Golden.expect(
                    try await scene.ask([Self.adminRoutes[0]], token: "another"),
                    is: "http/admin-unauthorized.txt")
                Golden.expect(Self.shape(of: try await scene.service.service.get("/metrics").body), is: "metrics.txt")
                try await drill(scene)
                await scene.service.service.terminate()
            }
        }
    }

    private func drill(_ scene: Scene) async throws {
        let token = PromotedService.token
        let word = #"{"by":"ann","reason":"monthly"}"#
        let began = try await scene.ask([GoldenRequest("POST", "/v1/rollback/drill", word)], token: token)
        try await scene.untilFiring("ParallaxRollbackDrill")
        try await scene.expectHealth("drill")
        let rest = try await scene.ask(
            [
                GoldenRequest("POST", "/v1/rollback/drill", word),
                GoldenRequest("POST", "/v1/rollback/drill/end", "{}"),
                GoldenRequest(
                    "POST", "/v1/rollback/drill/record",
                    #"{"applied_ms":12,"restored_ms":8,"instances":1,"heard":["instance-a"]}"#),
                GoldenRequest(
                    "POST", "/v1/rollback/drill/record",
                    #"{"applied_ms":12,"restored_ms":8,"instances":1,"heard":["instance-a"]}"#),
            ], token: token)
        Golden.expect(began + "\n" + rest, is: "http/admin-drill.txt")
    }

    @Test("the answers in distributed_only, with Redis and in an outage, are the golden ones", .timeLimit(.minutes(2)))
    func outage() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let scene = try await Scene(
                    folder, redisURL: redis.url.description,
                    Self.distributed.merging(["ROLLBACK_REDIS_DOWN_SECONDS": "600"]) { $1 })
                try await scene.service.untilRedisIsWell()
                try await scene.expectHealth("distributed")
                Golden.expect(
                    try await scene.ask(Array(Self.checks[..<3] + Self.forwardAuth[..<3])),
                    is: "http/check-distributed.txt")
                await redis.kill()
                Golden.expect(
                    try await scene.ask([Self.checks[0], Self.forwardAuth[0]]), is: "http/check-outage.txt")
                try await scene.untilFiring("rate_limiting_redis_down")
                try await scene.expectHealth("outage")
                await scene.service.service.terminate()
            }
        }
    }

    @Test("the answers after a rollback are the golden ones", .timeLimit(.minutes(2)))
    func rollback() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let scene = try await Scene(
                    folder, redisURL: redis.url.description,
                    Self.hybrid.merging(["ROLLBACK_REDIS_DOWN_SECONDS": "5"]) { $1 })
                try await scene.service.untilRedisIsWell()
                await redis.kill()
                try await eventually("it rolled back") { try await scene.service.strategy == "legacy" }
                try await scene.untilFiring("ParallaxRollback", "rate_limiting_redis_down")
                try await scene.expectHealth("rolled-back")
                let word = GoldenRequest("POST", "/v1/rollback/acknowledge", #"{"by":"ann","reason":"seen"}"#)
                Golden.expect(
                    try await scene.ask([word], token: PromotedService.token), is: "http/admin-acknowledge.txt")
                try await scene.expectHealth("acknowledged")
                await scene.service.service.terminate()
            }
        }
    }

    /// The names, types, helps and labels of metrics, without their values.
    private static func shape(of metrics: String) -> String {
        let lines = metrics.split(separator: "\n").map { line in
            line.hasPrefix("#") ? line : line[..<(line.lastIndex(of: " ") ?? line.endIndex)]
        }
        return VolatileText().replaced(in: lines.joined(separator: "\n"), of: .stored)
    }
}
