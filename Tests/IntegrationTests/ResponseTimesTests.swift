import Foundation
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// Who is held out, who waits and what applications report, in the built binary.
@Suite struct ResponseTimesTests {
    private static func start(
        _ folder: URL, _ redis: PrivateRedis, _ settings: [String: String] = [:]
    ) async throws -> ParallaxProcess {
        try await ParallaxProcess(
            environment: [
                "REDIS_URL": redis.url.description, "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                "CONFIG_DIRECTORY": folder.path, "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                "DISTRIBUTED_ENFORCEMENT_PERCENT": "100", "BASELINE_HOLDOUT_PERCENT": "50",
                // On a busy machine a decision may take long; control would stand in for it.
                "RECORD_FLUSH_INTERVAL": "0.05", "REDIS_DECISION_TIMEOUT": "8",
            ].merging(settings) { $1 })
    }

    /// A metric's value; 0 where it has none.
    private static func metric(_ name: String, of service: ParallaxProcess) async throws -> Int {
        let line = try await service.get("/metrics").body.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }

    @Test(
        "Redis is never asked about identities that are held out, and the sums add up all the same",
        .timeLimit(.minutes(1)))
    func heldOut() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let service = try await Self.start(folder, redis)
                let identities = try (0..<40).map { try Identity(organization: "acme", identifier: "key-\($0)") }
                let held = identities.filter { IdentityShare.heldOut.contains($0, percent: 50) }
                try #require(!held.isEmpty && held.count < 40)
                for identity in identities {
                    for _ in 0..<3 {
                        let response = try await service.check(identity.identifier, organization: "acme")
                        let backend = held.contains(identity) ? "memory-legacy" : "redis-distributed"
                        #expect(response["X-Rate-Limit-Backend"] == backend)
                    }
                }
                for identity in identities {
                    let exists = try await redis.ask("EXISTS", "rate_limit:{acme:\(identity.identifier)}")
                    #expect(exists == .integer(held.contains(identity) ? 0 : 1))
                }
                #expect(try await Self.metric("parallax_held_out_total", of: service) == held.count * 3)
                await service.terminate()
                let output = try await ParallaxBinary.run([
                    "report", "--json", "--database", folder.appending(path: "a.sqlite").path,
                ])
                let report = try #require(
                    try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any])
                #expect(report["heldOut"] as? Int == held.count * 3)
                let compared = try #require(report["compared"] as? Int)
                let incomparable = try #require(report["incomparable"] as? [String: Int])
                #expect(compared + incomparable.values.reduce(0, +) == (40 - held.count) * 3)
            }
        }
    }

    @Test("the watchdog compares with the hold-out, and says what it lacks", .timeLimit(.minutes(1)))
    func watchdog() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let service = try await Self.start(folder, redis)
                try await eventually("the first evaluation is shown") {
                    let health = try await service.get("/health").json()
                    let triggers = try #require(health["triggers"] as? [[String: Any]])
                    let trigger = triggers.first { $0["trigger"] as? String == "response_time" }
                    let lack = "the hold-out has 0 of the 300 response times that it needs"
                    return (trigger?["sentence"] as? String)?.hasSuffix(lack) == true
                }
                let baselines = try await service.get("/health").json()["baselines"] as? [[String: Any]]
                #expect(baselines?.map { $0["source"] as? String } == ["service"])
                #expect(baselines?.first?["state"] as? String == "learning")
            }
        }
    }

    @Test("in distributed_only no identity is held out", .timeLimit(.minutes(1)))
    func distributedOnly() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let service = try await Self.start(
                    folder, redis, ["HYBRID_RATE_LIMITING": "false", "DISTRIBUTED_ENFORCEMENT_PERCENT": "0"])
                for number in 0..<20 {
                    #expect(try await service.check("key-\(number)")["X-Rate-Limit-Backend"] == "redis-distributed")
                }
                #expect(try await Self.metric("parallax_held_out_total", of: service) == 0)
            }
        }
    }

    @Test("a caller who waits for a Redis that hangs is seen while it waits", .timeLimit(.minutes(1)))
    func waiting() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let service = try await Self.start(
                    folder, redis, ["BASELINE_HOLDOUT_PERCENT": "0"])
                #expect(try await service.check("key").status == 200)
                redis.pause()
                async let answer = service.check("key")
                try await eventually("it is among those who wait") {
                    try await Self.metric("parallax_waiting_callers", of: service) == 1
                }
                redis.resume()
                #expect(try await answer.status == 200)
                #expect(try await Self.metric("parallax_waiting_callers", of: service) == 0)
            }
        }
    }

    @Test("what applications report is counted by who was held out, or refused as a whole", .timeLimit(.minutes(1)))
    func reports() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let service = try await Self.start(folder, redis)
                // `user-1` lies at 6.59 of the hold-out, `user-2` at 54.68.
                let accepted = try await service.post(
                    "/v1/response-times",
                    #"""
                    {"response_times": [38.2, {"milliseconds": 9, "identifier": "user-1"},
                      {"milliseconds": 9, "identifier": "user-2"}]}
                    """#)
                #expect(accepted.status == 202)
                #expect(accepted.body == #"{"counted":3,"ignored":0,"strategy":"hybrid"}"#)
                let refused = try await service.post("/v1/response-times", #"{"response_times": [1, -2]}"#)
                #expect(refused.status == 400)
                #expect(refused.body.contains("response_times[1]"))
                let count = "parallax_application_response_seconds_count{strategy=\"hybrid\"}"
                #expect(try await Self.metric(count, of: service) == 3)
            }
        }
    }
}
