import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// What Debian's Alertmanager holds, read back from its API.
@Suite struct AlertmanagerTests {
    /// Runs a test with an instance that tells an Alertmanager; neither outlives it.
    private func withAlertmanager(
        _ settings: [String: String],
        _ body: (PromotedService, Alertmanager, PrivateRedis) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let alertmanager = try await Alertmanager(in: folder)
            do {
                try await withPrivateRedis { redis in
                    let settings = [
                        // An alert outlives its last word by four intervals: longer than a restart on a busy machine.
                        "ALERT_URLS": alertmanager.url, "ALERT_RESEND_INTERVAL": "10",
                        "DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true",
                    ].merging(settings) { $1 }
                    let promoted = try await PromotedService(
                        in: folder, redisURL: redis.url.description, settings: settings)
                    try await body(promoted, alertmanager, redis)
                }
            } catch {
                await alertmanager.stop()
                throw error
            }
            await alertmanager.stop()
        }
    }

    @Test(
        "a real rollback is told while it is latched, after a restart too, and is over once it is acknowledged",
        .timeLimit(.minutes(2)))
    func rollback() async throws {
        try await withAlertmanager(["ROLLBACK_REDIS_DOWN_SECONDS": "2"]) { promoted, alertmanager, redis in
            try await eventually("Redis is known") {
                try await promoted.service.get("/health").body.contains(#""state":"healthy""#)
            }
            await redis.kill()
            try await eventually("the rollback is there") { try await alertmanager.alert("ParallaxRollback") != nil }
            let alert = try #require(try await alertmanager.alert("ParallaxRollback"))
            #expect(
                alert.labels == [
                    "alertname": "ParallaxRollback", "severity": "critical", "service": "parallax",
                    "instance": "instance-a", "trigger": "redis_down",
                ])
            #expect(alert.annotations["summary"]?.contains("no good run of Redis for") == true)
            #expect(
                alert.annotations["description"]?.contains("multiplies each limit by the number of instances") == true)
            try await eventually("the connections' alert is there") {
                try await alertmanager.alert("rate_limiting_redis_down") != nil
            }
            let next = try await restarted(promoted, alertmanager, alert)
            let output = try await next.run("rollback", "acknowledge", "--by", "ann", "--reason", "seen")
            #expect(output.status == 0)
            try await eventually("it is over") { try await alertmanager.alert("ParallaxRollback") == nil }
            let health = try await next.service.get("/health").json()["alerts"] as? [String: Any]
            #expect((health?["delivered"] as? Int ?? 0) > 0 && health?["problem"] == nil)
            #expect(await next.service.terminate() == 0)
        }
    }

    /// Restarts the instance, and waits until the same alert was told again.
    private func restarted(
        _ promoted: PromotedService, _ alertmanager: Alertmanager, _ alert: Alertmanager.Alert
    ) async throws -> PromotedService {
        await promoted.service.terminate()
        let told = try #require(try await alertmanager.alert("ParallaxRollback")).endsAt
        let next = try await promoted.restarted()
        try await eventually("the new process tells it again") {
            try await alertmanager.alert("ParallaxRollback").map { $0.endsAt > told } == true
        }
        #expect(try await alertmanager.alert("ParallaxRollback")?.startsAt == alert.startsAt)
        return next
    }

    @Test("a drill is told as a drill, and refusals above the share as a warning", .timeLimit(.minutes(2)))
    func others() async throws {
        try await withAlertmanager(["ALERT_REFUSAL_MINIMUM": "20"]) { promoted, alertmanager, _ in
            // Begun and left running: the command would end it before anyone can look.
            #expect(try await promoted.admin("/v1/rollback/drill", #"{"by":"ann","reason":"monthly"}"#).status == 200)
            try await eventually("the drill is there") { try await alertmanager.alert("ParallaxRollbackDrill") != nil }
            let drill = try await alertmanager.alert("ParallaxRollbackDrill")
            #expect(drill?.labels["severity"] == "info" && drill?.annotations["summary"]?.contains("ann") == true)
            #expect(try await promoted.admin("/v1/rollback/drill/end", "{}").status == 200)
            try await eventually("the drill is over") { try await alertmanager.alert("ParallaxRollbackDrill") == nil }
            for _ in 0..<150 { _ = try await promoted.service.check("pushing") }
            try await eventually("the refusals are there") {
                try await alertmanager.alert("rate_limiting_high_denial_rate") != nil
            }
            let alert = try #require(try await alertmanager.alert("rate_limiting_high_denial_rate"))
            #expect(alert.labels["severity"] == "warning")
            for text in Array(alert.labels.values) + Array(alert.annotations.values) {
                #expect(!text.contains("pushing"))
            }
            await promoted.service.terminate()
        }
    }

    @Test(
        "while no Alertmanager answers, health and metrics say so, callers notice nothing, and no address shows",
        .timeLimit(.minutes(2)))
    func away() async throws {
        let port = try LoopbackPorts.find(1)[0]
        let address = "http://ann:hunter2@127.0.0.1:\(port)"
        try await withAlertmanager(["ALERT_URLS": address]) { promoted, _, _ in
            #expect(try await promoted.admin("/v1/rollback/drill", #"{"by":"ann","reason":"monthly"}"#).status == 200)
            try await eventually("it shows in health") {
                try await promoted.service.get("/health").body.contains("receiver 1: it cannot be reached")
            }
            let health = try await promoted.service.get("/health")
            #expect(try health.json()["status"] as? String == "degraded" && health.status == 200)
            // As a number of its own: others may hold its digits.
            let numbers = health.body.split { !$0.isNumber }
            #expect(!health.body.contains("hunter2") && !numbers.contains("\(port)"))
            let metrics = try await promoted.service.get("/metrics").body
            #expect(metrics.contains("parallax_alert_notifications_total{outcome=\"delivered\"} 0"))
            #expect(!metrics.contains("parallax_alert_notifications_total{outcome=\"failed\"} 0"))
            #expect(try await promoted.service.check("caller").status == 200)
            await promoted.service.terminate()
        }
    }
}
