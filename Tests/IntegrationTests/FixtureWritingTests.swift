import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxService
import ParallaxTesting
import RedisLimiting
import Testing

/// Writes `Tests/IntegrationTests/Fixtures` with the binary of today; `Fixtures/README.md` says when.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["WRITE_FIXTURES"] == "1"))
struct FixtureWritingTests {
    /// Limits and triggers such that a short run leaves a row of everything.
    private static let settings = [
        "DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true", "RATE_LIMIT_PER_SECOND": "1000",
        "RATE_LIMIT_PER_MINUTE": "5", "RATE_LIMIT_PER_HOUR": "8", "RATE_LIMIT_BURST": "1000",
        "ROLLBACK_ERROR_WINDOW_SECONDS": "3", "ROLLBACK_ERROR_SHORT_WINDOW_SECONDS": "1", "ROLLBACK_ERROR_MINIMUM": "1",
        "ROLLBACK_RESPONSE_TIME_MINIMUM": "1", "ROLLBACK_RESPONSE_TIME_FLOOR_MS": "30000", "NOISE_FLOOR": "true",
        "ROLLBACK_REDIS_DOWN_SECONDS": "6", "REDIS_DECISION_TIMEOUT": "5",
    ]

    @Test("the fixtures are written by a day of two instances", .timeLimit(.minutes(5)))
    func write() async throws {
        try await withFolder { folder in
            // 1. Of yesterday: a rollback that was acknowledged.
            try await keepAcknowledgedRollback(in: folder.appending(path: "a.sqlite").path)
            // 2. Today: divergences, a drill, a settlement, a step forward, a dry run at the second instance, a
            // rollback.
            try await withPrivateRedis { redis in
                let url = redis.url.description
                let first = try await PromotedService(
                    in: folder, redisURL: url, settings: Self.settings, hasBaseline: true)
                let second = try await first.restarted([
                    "INSTANCE_ID": "instance-b", "DATABASE_PATH": folder.appending(path: "b.sqlite").path,
                    "ROLLBACK_DRY_RUN": "redis_down", "ROLLBACK_REDIS_DOWN_SECONDS": "3",
                ])
                for instance in [first, second] {
                    try await instance.untilRedisIsWell()
                    try await eventually("it is in hybrid") { try await instance.strategy == "hybrid" }
                }
                try await send([first, second])
                try await work(first, second)
                try await send([first, second])
                await redis.kill()
                for number in 0..<3 { _ = try await second.service.check("late-\(number)", organization: "acme") }
                try await rollsBack(first)
                try await eventually("the alerts are noted") {
                    let report = try await first.run("report", "--json").text
                    return report.contains("ParallaxRollback began")
                }
                try await keep(folder, first, second)
            }
            try await keepHeld(folder)
        }
    }

    /// The hold-off after it is over, so that the rollback of today takes place.
    private func keepAcknowledgedRollback(in path: String) async throws {
        let store = try DivergenceStore(path: path)
        let record = SQLiteRollbackStore(store: store)
        let time = Timestamp.now() + -86_400_000
        let evaluation = Evaluation(
            trigger: .errorRate, time: time, state: .firing,
            numbers: ["attempts": 31_482, "failures": 2487, "rate": 0.079, "lowerBound": 0.062],
            sentence: "error rate 7.9 % (lower bound 6.2 %, limit 5 %) over 300 s, 31,482 attempts")
        let before = FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 10)
        let after = FlagValues(distributedEnabled: false, hybrid: true, failOpen: false, enforcementPercent: 0)
        try await record.record(
            Rollback(evaluation: evaluation, isDryRun: false, flagsBefore: before, flagsAfter: after))
        let word = try Acknowledgement(validating: "ann", reason: "Redis was moved", time: time + 600_000)
        _ = try await record.changeLatch { latch in
            latch.fire(evaluation)
            try latch.acknowledge(word)
        }
        try store.close()
    }

    /// Three callers of two organizations at both instances, more than each may and fewer than both may together.
    private func send(_ instances: [PromotedService]) async throws {
        for (organization, identifier) in [("acme", "key-1"), ("acme", "key-2"), ("umbrella", "ключ, \"3\"")] {
            for instance in instances {
                for _ in 0..<4 {
                    let body = try JSONSerialization.data(
                        withJSONObject: ["organization": organization, "identifier": identifier])
                    _ = try await instance.service.post("/v1/check", String(decoding: body, as: UTF8.self))
                }
            }
        }
    }

    private func work(_ first: PromotedService, _ second: PromotedService) async throws {
        try await eventually("the divergences are recorded") {
            try await first.run("report", "--database", second.settings["DATABASE_PATH"]!).text.contains(
                "other_instances")
        }
        let drill = try await first.drill("--url", second.service.url, "--reason", "monthly")
        #expect(drill.status == 0, "\(drill.errors)")
        let settled = try await first.run(
            "divergences", "settle", "--kind", "newly_limited", "--cause", "other_instances", "--as", "expected",
            "--by", "ann", "--note", "one limit for all", "--database", first.settings["DATABASE_PATH"]!,
            "--database", second.settings["DATABASE_PATH"]!)
        #expect(settled.status == 0, "\(settled.errors)")
        let promoted = try await first.run(
            "promote", "--to", "10", "--force", "--by", "ann", "--reason", "a tenth", "--database",
            first.settings["DATABASE_PATH"]!, "--database", second.settings["DATABASE_PATH"]!)
        #expect(promoted.status == 0, "\(promoted.errors)")
    }

    private func rollsBack(_ instance: PromotedService) async throws {
        try await eventually("it rolled back") { try await instance.strategy == "legacy" }
        try await eventually("the rollback is stored") {
            try await instance.run("rollback", "history").text.contains("not acknowledged")
        }
    }

    /// Copies the flag folder while both instances are running, and the databases once they have ended.
    private func keep(_ folder: URL, _ first: PromotedService, _ second: PromotedService) async throws {
        let fixtures = StoredFixture.original
        let files = FileManager.default
        for name in ["flags.json", ".flags.json.lock", ".flags.json.parallax"] {
            try? files.removeItem(at: fixtures.appending(path: name))
            try files.copyItem(at: folder.appending(path: name), to: fixtures.appending(path: name))
        }
        let moment = Date().addingTimeInterval(5).formatted(
            Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: .gmt).year().month().day().time(
                includingFractionalSeconds: false))
        try Data((moment.prefix(19) + "\n").utf8).write(to: fixtures.appending(path: "moment.txt"))
        await first.service.terminate()
        await second.service.terminate()
        for name in ["a.sqlite", "b.sqlite"] {
            try? files.removeItem(at: fixtures.appending(path: name))
            try files.copyItem(at: folder.appending(path: name), to: fixtures.appending(path: name))
        }
    }

    /// The database of an instance that holds itself at legacy, since its flag file cannot be written.
    private func keepHeld(_ folder: URL) async throws {
        let held = folder.appending(path: "held")
        try FileManager.default.createDirectory(at: held, withIntermediateDirectories: true)
        let file = try HeldRollbackTests.unwritableFile(in: held)
        try await withPrivateRedis { redis in
            let service = try await PromotedService(
                in: held, redisURL: redis.url.description,
                settings: ["FEATURE_FLAG_FILE": file, "ROLLBACK_REDIS_DOWN_SECONDS": "5"])
            try await service.untilRedisIsWell()
            await redis.kill()
            try await rollsBack(service)
            await service.service.terminate()
        }
        let target = StoredFixture.original.appending(path: "held.sqlite")
        try? FileManager.default.removeItem(at: target)
        try FileManager.default.copyItem(at: held.appending(path: "a.sqlite"), to: target)
    }
}
