import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ParallaxCore
@testable import RedisLimiting
import Testing

@testable import ParallaxService

@Suite struct HealthControllerTests {
    @Test("health carries the fields that the migration's tools read", arguments: Strategy.allCases)
    func carriesTheContract(strategy: Strategy) async throws {
        try await ScriptedService(health: ScriptedHealth(report: .sound(strategy))).run { client in
            let response = try await client.get("/health")
            #expect(response.status == .ok)
            let object = try response.object
            #expect(object["status"] as? String == "healthy")
            let security = try #require(object["security"] as? [String: Any])
            let status = try #require(security["middleware_status"] as? [String: Any])
            #expect(Set(status.keys) == ["migration_strategy", "distributed_enabled", "p0_13b_compliance"])
            #expect(status["migration_strategy"] as? String == strategy.rawValue)
            #expect(status["distributed_enabled"] as? Bool == (strategy != .legacy))
            #expect(status["p0_13b_compliance"] as? Bool == (strategy == .distributedOnly))
        }
    }

    @Test("health shows Redis, the recorder, the flag file, the triggers and the memory")
    func showsEveryPart() async throws {
        try await ScriptedService().run { client in
            let object = try await client.get("/health").object
            #expect((object["redis"] as? [String: Any])?["state"] as? String == "healthy")
            #expect((object["redis"] as? [String: Any])?["breaker"] as? String == "closed")
            #expect((object["recorder"] as? [String: Any])?["pending"] as? Int == 3)
            #expect(((object["recorder"] as? [String: Any])?["dropped"] as? [String: Int]) == ["buffer_full": 2])
            #expect((object["flags"] as? [String: Any])?["state"] as? String == "valid")
            #expect((object["flags"] as? [String: Any])?["hybrid_rate_limiting"] as? Bool == true)
            #expect((object["triggers"] as? [[String: Any]])?.count == Trigger.allCases.count)
            #expect((object["memory"] as? [String: Any])?["evictions"] as? Int == 1)
        }
    }

    @Test("health shows what response times are compared with, and who waits for Redis")
    func showsBaselines() async throws {
        var report = HealthReport.sound
        report.baselines = [
            .init(source: .service, state: .stale(.sample)), .init(source: .application, state: .learning(samples: 7)),
        ]
        report.waiting = .init(callers: 9, untracked: 2)
        try await ScriptedService(health: ScriptedHealth(report: report)).run { client in
            let object = try await client.get("/health").object
            let baselines = try #require(object["baselines"] as? [[String: Any]])
            #expect(baselines.map { $0["source"] as? String } == ["service", "application"])
            #expect(baselines.map { $0["state"] as? String } == ["stale", "learning"])
            #expect(baselines[0]["frozen_at"] as? String == "1970-01-01T00:00:00Z")
            #expect(baselines[1]["samples"] as? Int == 7 && baselines[1]["frozen_at"] == nil)
            #expect((object["waiting"] as? [String: Int]) == ["callers": 9, "untracked": 2])
            #expect(object["status"] as? String == "degraded")
            #expect((object["reasons"] as? [String])?.first?.hasPrefix("the service's baseline") == true)
            // This route reports only the limiter: no trigger changes its status.
            #expect(try await client.get("/api/system/rate-limit/health").object["status"] as? String == "healthy")
        }
    }

    @Test("health shows since when records are kept where their bound has made older ones go")
    func showsBound() async throws {
        var report = HealthReport.sound
        report.recorder.usedBytes = 90
        report.recorder.maximumBytes = 100
        report.recorder.keptSince = Timestamp(milliseconds: 90_060_000)
        try await ScriptedService(health: ScriptedHealth(report: report)).run { client in
            let object = try await client.get("/health").object
            let recorder = try #require(object["recorder"] as? [String: Any])
            #expect(recorder["used_bytes"] as? Int == 90 && recorder["max_bytes"] as? Int == 100)
            #expect(recorder["kept_since"] as? String == "1970-01-02T01:01:00Z")
            // It is as it was set to be.
            #expect(object["status"] as? String == "healthy")
        }
    }

    @Test("the servers behind an address of several are shown without their addresses, and none for one server")
    func showsTopology() async throws {
        var report = HealthReport.sound
        report.redis.topology = TopologyHealth(
            kind: .cluster,
            primaries: [
                TopologyHealth.Primary(
                    address: NodeAddress(host: "10.0.0.1", port: 6379), id: "0ab1", slots: [0...99, 105...105],
                    replicas: 2, since: Timestamp(milliseconds: 90_061_000), connections: 1, breaker: .halfOpen)
            ], uncovered: 16283, problem: nil)
        try await ScriptedService(health: ScriptedHealth(report: report)).run { client in
            let response = try await client.get("/health")
            #expect(!String(buffer: response.body).contains("10.0.0.1"))
            let redis = try response.object["redis"] as? [String: Any]
            let topology = try #require(redis?["topology"] as? [String: Any])
            #expect(topology["kind"] as? String == "cluster")
            #expect(topology["uncovered_slots"] as? Int == 16283)
            let primary = try #require((topology["primaries"] as? [[String: Any]])?.first)
            #expect(primary["id"] as? String == "0ab1")
            #expect(primary["slots"] as? String == "0-99,105")
            #expect(primary["replicas"] as? Int == 2)
            #expect(primary["since"] as? String == "1970-01-02T01:01:01Z")
            #expect(primary["connected"] as? Bool == true)
            #expect(primary["breaker"] as? String == "half_open")
        }
        try await ScriptedService().run { client in
            let redis = try await client.get("/health").object["redis"] as? [String: Any]
            #expect(redis?["topology"] == nil)
        }
    }

    @Test("a service that refuses everything is unhealthy with 503, and its limiter too")
    func showsOutages() async throws {
        var report = HealthReport.sound(.distributedOnly)
        report.redis.state = .unhealthy
        report.redis.problem = "connection refused"
        try await ScriptedService(health: ScriptedHealth(report: report)).run { client in
            let health = try await client.get("/health")
            #expect(health.status == .serviceUnavailable)
            #expect(try health.object["status"] as? String == "unhealthy")
            let limiter = try await client.get("/api/system/rate-limit/health")
            #expect(limiter.status == .serviceUnavailable)
            #expect(try limiter.object["migration_strategy"] as? String == "distributed_only")
            #expect(try await client.get("/health/live").status == .ok)
            #expect(try await client.get("/health/ready").status == .ok)
        }
    }

    @Test("the limiter's health does not ask for the recorder's")
    func separatesTheLimiter() async throws {
        var report = HealthReport.sound
        report.recorder.problem = "disk full"
        try await ScriptedService(health: ScriptedHealth(report: report)).run { client in
            #expect(try await client.get("/health").object["status"] as? String == "degraded")
            let limiter = try await client.get("/api/system/rate-limit/health")
            #expect(try limiter.object["status"] as? String == "healthy")
        }
    }

    @Test("an instance that has read no flags is live and not ready")
    func waitsForFlags() async throws {
        var report = HealthReport.sound
        report.flags.isLoaded = false
        try await ScriptedService(health: ScriptedHealth(report: report)).run { client in
            #expect(try await client.get("/health/live").status == .ok)
            let ready = try await client.get("/health/ready")
            #expect(ready.status == .serviceUnavailable)
            #expect(try ready.object["ready"] as? Bool == false)
        }
    }

    @Test("monitors may ask with HEAD")
    func answersHead() async throws {
        try await ScriptedService().run { client in
            let response = try await client.execute(uri: "/health", method: .head)
            #expect(response.status == .ok)
            #expect(response.body.readableBytes == 0)
        }
    }
}
