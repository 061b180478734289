import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// A whole migration with the built binary: two instances, one Redis, one flag file.
@Suite struct MigrationTests {
    /// Two running instances and what they share.
    private struct Fleet {
        let redis: PrivateRedis
        let first: ParallaxProcess
        let second: ParallaxProcess
        let settings: [String: String]
        let databases: [String]

        init(redis: PrivateRedis, folder: URL) async throws {
            self.redis = redis
            settings = [
                "ENVIRONMENT": "production",
                "REDIS_URL": redis.url.description,
                "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                "CONFIG_DIRECTORY": folder.path,
                "DISTRIBUTED_RATE_LIMITING_ENABLED": "true",
                "HYBRID_RATE_LIMITING": "true",
                "RATE_LIMIT_PER_SECOND": "1000",
                "PRODUCTION_BURST_LIMIT": "1000",
                "PRODUCTION_RATE_LIMIT_PER_MINUTE": "10",
                "RECORD_FLUSH_INTERVAL": "0.1",
                // On a busy machine a decision may take long; and Redis must not be given up before the test says so.
                "REDIS_DECISION_TIMEOUT": "5",
                "ROLLBACK_REDIS_DOWN_SECONDS": "20",
                "ROLLBACK_EVALUATION_INTERVAL": "1",
            ]
            databases = ["a", "b"].map { folder.appending(path: "\($0).sqlite").path }
            first = try await Fleet.start("a", databases[0], settings)
            second = try await Fleet.start("b", databases[1], settings)
        }

        private static func start(
            _ name: String, _ database: String, _ settings: [String: String]
        ) async throws -> ParallaxProcess {
            try await ParallaxProcess(
                environment: settings.merging(["INSTANCE_ID": name, "DATABASE_PATH": database]) { $1 })
        }

        /// Runs a subcommand with the first instance's settings.
        func run(_ arguments: String...) async throws -> ParallaxBinary.Output {
            try await ParallaxBinary.run(
                arguments, environment: settings.merging(["DATABASE_PATH": databases[0]]) { $1 })
        }

        func set(_ strategy: String) async throws {
            let output = try await run("flags", "set", "--strategy", strategy, "--by", "test", "--reason", "next phase")
            try #require(output.status == 0, "\(output.errors)")
            for instance in [first, second] {
                try await eventually("both instances in \(strategy)") {
                    try await Fleet.strategy(of: instance) == strategy
                }
            }
        }

        static func strategy(of instance: ParallaxProcess) async throws -> String? {
            let health = try await instance.get("/health").json()
            let security = health["security"] as? [String: Any]
            return (security?["middleware_status"] as? [String: Any])?["migration_strategy"] as? String
        }

        func report() async throws -> [String: Any] {
            let output = try await run("report", "--database", databases[0], "--database", databases[1], "--json")
            try #require(output.status == 0, "\(output.errors)")
            return try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test("a migration goes through its phases, survives Redis, and rolls itself back", .timeLimit(.minutes(5)))
    func migration() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let fleet = try await Fleet(redis: redis, folder: folder)
                try await compare(fleet)
                try await enforce(fleet)
                try await loseRedis(fleet)
                try await recover(fleet)
                #expect(await fleet.first.terminate() == 0)
                #expect(await fleet.second.terminate() == 0)
            }
        }
    }

    /// Hybrid: control answers on each instance by itself, and the candidate's disagreement is recorded.
    private func compare(_ fleet: Fleet) async throws {
        for instance in [fleet.first, fleet.second] {
            for _ in 0..<10 {
                let response = try await instance.check("alice")
                #expect(response.status == 200)
                #expect(response["X-Rate-Limit-Backend"] == "memory-legacy")
            }
        }
        // Each instance writes at moments of its own: the second's rows can be there before the first's.
        try await eventually("the report shows all requests, and those that would newly be limited") {
            let report = try await fleet.report()
            let kinds = report["kinds"] as? [String: Int]
            return kinds?["newly_limited"] == 10 && report["compared"] as? Int == 20
        }
        let report = try await fleet.report()
        #expect(report["compared"] as? Int == 20)
        #expect((report["causes"] as? [String: Int])?["other_instances"] ?? 0 >= 10)
        let control = report["control"] as? [String: Int]
        #expect(control == ["allowed": 20, "limited": 0])
        let candidate = report["candidate"] as? [String: Int]
        #expect(candidate == ["allowed": 10, "limited": 10])
    }

    /// Distributed only: one limit for both instances.
    private func enforce(_ fleet: Fleet) async throws {
        try await fleet.set("distributed_only")
        for turn in 0..<10 {
            let instance = turn % 2 == 0 ? fleet.first : fleet.second
            let response = try await instance.check("bob", organization: "acme")
            #expect(response.status == 200)
            #expect(response["X-Rate-Limit-Backend"] == "redis-distributed")
        }
        for instance in [fleet.first, fleet.second] {
            let refused = try await instance.check("bob", organization: "acme")
            #expect(refused.status == 429)
            #expect(refused["X-RateLimit-Type"] == "minute")
            #expect(refused["X-RateLimit-Remaining"] == "0")
            #expect((1...60).contains(Int(refused["Retry-After"] ?? "") ?? 0))
            // The same name in another organization has a limit of its own.
            #expect(try await instance.check("bob", organization: "umbrella").status == 200)
        }
        let health = try await fleet.first.get("/health").body
        #expect(health.contains("\"p0_13b_compliance\":true"))
    }

    /// Redis dies: hybrid goes on as if nothing were, distributed_only fails closed.
    private func loseRedis(_ fleet: Fleet) async throws {
        try await fleet.set("hybrid")
        await fleet.redis.kill()
        for _ in 0..<5 {
            let response = try await fleet.first.check("carol")
            #expect(response.status == 200)
            #expect(response["X-Rate-Limit-Backend"] == "memory-legacy")
        }
        try await fleet.set("distributed_only")
        let closed = try await fleet.second.check("carol")
        #expect(closed.status == 503)
        #expect(closed["Retry-After"] != nil)
        #expect(closed["X-Rate-Limit-Backend"] == "redis-distributed")
    }

    /// The evaluator flips the file, both instances follow, a person acknowledges, and the migration goes on.
    private func recover(_ fleet: Fleet) async throws {
        for instance in [fleet.first, fleet.second] {
            try await eventually(within: .seconds(90), "the evaluator has rolled back") {
                try await Fleet.strategy(of: instance) == "legacy"
            }
            let response = try await instance.check("dave")
            #expect(response.status == 200)
            #expect(response["X-Rate-Limit-Backend"] == "memory-legacy")
        }
        let flags = try String(contentsOf: URL(filePath: fleet.settings["FEATURE_FLAG_FILE"]!), encoding: .utf8)
        #expect(flags.contains("parallax-evaluator"))

        // One of the two was first; the other took over its latch, and one word is enough for both.
        var acknowledged = 0
        try await eventually("a rollback is in the record") {
            var histories = ""
            for database in fleet.databases {
                histories += try await fleet.run("rollback", "history", "--database", database, "--json").text
            }
            return histories.contains("redis_down")
        }
        for database in fleet.databases {
            let output = try await fleet.run(
                "rollback", "acknowledge", "--database", database, "--by", "test", "--reason", "Redis was killed")
            if output.status == 0 { acknowledged += 1 }
        }
        #expect(acknowledged >= 1)

        try await fleet.redis.restart()
        for instance in [fleet.first, fleet.second] {
            try await eventually("Redis is healthy again") {
                let redis = try await instance.get("/health").json()["redis"] as? [String: Any]
                return redis?["state"] as? String == "healthy"
            }
        }
        try await fleet.set("hybrid")
        let before = try await fleet.report()["compared"] as? Int ?? 0
        try await eventually("both sides are compared again") {
            #expect(try await fleet.first.check("erin", cost: 0).status == 200)
            return try await fleet.report()["compared"] as? Int ?? 0 > before
        }
    }
}
