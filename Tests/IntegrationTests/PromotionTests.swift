import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// A migration walked with `parallax promote`, by the built binary.
@Suite struct PromotionTests {
    /// A gate that a short test can open.
    private static let gate = [
        "GATE_MINIMUM_HOURS": "0.01", "GATE_MINIMUM_COMPARED": "20", "GATE_UNEXPLAINED_PERCENT": "100",
        "GATE_GAPS_PERCENT": "100", "DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true",
        // So few requests arm the triggers, and no slow machine fires them.
        "ROLLBACK_ERROR_WINDOW_SECONDS": "10", "ROLLBACK_ERROR_SHORT_WINDOW_SECONDS": "1",
        "ROLLBACK_ERROR_MINIMUM": "1",
        "ROLLBACK_RESPONSE_TIME_MINIMUM": "1", "ROLLBACK_RESPONSE_TIME_FLOOR_MS": "30000",
        "GATE_UNANSWERED_PERCENT": "100", "RATE_LIMIT_PER_SECOND": "1000", "RATE_LIMIT_BURST": "1000",
        "RATE_LIMIT_PER_MINUTE": "1000",
    ]

    private func promote(
        _ promoted: PromotedService, to phase: String, _ arguments: String...
    ) async throws -> ParallaxBinary.Output {
        try await ParallaxBinary.run(
            ["promote", "--to", phase, "--by", "ann", "--reason", "step"] + arguments, environment: promoted.settings)
    }

    /// Requests of many clients, so that every share has some.
    private func send(_ count: Int, to promoted: PromotedService) async throws {
        for number in 0..<count { _ = try await promoted.service.check("client-\(number)") }
    }

    /// Sends until the gate says go.
    private func walk(_ promoted: PromotedService, to phase: String) async throws {
        try await eventually("the gate lets on to \(phase)") {
            try await send(20, to: promoted)
            return try await promote(promoted, to: phase).status == 0
        }
    }

    @Test(
        "a migration walks its phases through the gate, ends in a soak period, and goes back without being asked",
        .timeLimit(.minutes(4)))
    func walks() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let promoted = try await PromotedService(
                    in: folder, redisURL: redis.url.description, settings: Self.gate, hasBaseline: true)
                try await promoted.untilRedisIsWell()
                let early = try await promote(promoted, to: "10")
                #expect(early.status == 2, "\(early)")
                #expect(early.text.contains("WAIT") && early.text.contains("drill"))
                let far = try await promote(promoted, to: "50")
                #expect(far.status == 64 && far.errors.contains("parallax promote --to 10"))
                let output = try await promoted.drill()
                #expect(output.status == 0, "\(output)")
                for phase in ["10", "50", "100", "distributed_only"] { try await walk(promoted, to: phase) }
                try await eventually("the instance follows") { try await promoted.strategy == "distributed_only" }
                try await watch(promoted)
                let back = try await promote(promoted, to: "hybrid")
                #expect(back.status == 0 && back.text.contains("distributed_only -> hybrid"))
                try await promoted.untilHistory { $0 == "back to hybrid: step" }
                let history = try await promoted.history()
                #expect(history[1]["reason"] as? String == "promoted to distributed_only: step")
                await promoted.service.terminate()
            }
        }
    }

    @Test("without a baseline or a hold-out the first step waits, and says what is missing", .timeLimit(.minutes(2)))
    func waitsForBaseline() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let settings = ["DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true"]
                let promoted = try await PromotedService(
                    in: folder, redisURL: redis.url.description, settings: settings)
                #expect(try await promote(promoted, to: "legacy").status == 0)
                try await promoted.untilRedisIsWell()
                try await eventually("the verdicts in legacy are stored") {
                    let refused = try await promote(promoted, to: "hybrid")
                    return refused.status == 2 && refused.text.contains("no baseline yet")
                        && refused.text.contains("BASELINE_HOLDOUT_PERCENT")
                }
                await promoted.service.terminate()
                let heldOut = try await promoted.restarted(["BASELINE_HOLDOUT_PERCENT": "5"])
                try await eventually("a hold-out of the instance suffices, once the instance is heard in this phase") {
                    try await promote(heldOut, to: "hybrid").status == 0
                }
                await heldOut.service.terminate()
            }
        }
    }

    private func watch(_ promoted: PromotedService) async throws {
        try await eventually("the soak period shows in health") {
            try await send(1, to: promoted)
            let watch = try await promoted.service.get("/health").json()["watch"] as? [String: Any]
            return watch?["state"] as? String == "running" && (watch?["answers"] as? Int ?? 0) > 0
        }
        try await eventually("and with the flags") {
            let shown = try await promoted.run("flags", "show").text
            return shown.contains(/soak {6}[0-9] min of 48 h, no trigger fired/)
                && !shown.contains("          0 answers")
        }
    }

    @Test(
        "past a gate that does not say go only force leads, and the history says so; past a latch nothing",
        .timeLimit(.minutes(2)))
    func forces() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                var settings = Self.gate
                settings["ROLLBACK_REDIS_DOWN_SECONDS"] = "8"
                let promoted = try await PromotedService(
                    in: folder, redisURL: redis.url.description, settings: settings)
                try await promoted.untilRedisIsWell()
                let forced = try await promote(promoted, to: "10", "--force")
                #expect(
                    forced.status == 0
                        && forced.text.contains("Forced: the gate says WAIT, and these checks do not pass: covered, "))
                try await promoted.untilHistory { $0.hasPrefix("promoted to 10, forced past wait (covered, ") }
                let reason = try await promoted.history().first?["reason"] as? String
                #expect(reason?.hasSuffix("): step") == true)
                await redis.kill()
                try await eventually("it rolled back") { try await promoted.strategy == "legacy" }
                try await eventually("the latch is kept") {
                    try await promote(promoted, to: "hybrid", "--force").status == 3
                }
                let drilled = try await promoted.drill()
                #expect(drilled.status == 1 && drilled.errors.contains("waits to be acknowledged"))
                await promoted.service.terminate()
            }
        }
    }
}
