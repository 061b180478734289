import Foundation
import GRDB
import ParallaxCore
import ParallaxService
import ParallaxTesting
import RedisLimiting
import Testing

/// Two processes on one flag file and one Redis: their evaluators, and those who look at them.
@Suite struct FencedFleetTests {
    private struct Fleet {
        let redis: PrivateRedis
        let folder: URL
        let settings: [String: String]
        let instances: [ParallaxProcess]

        init(redis: PrivateRedis, folder: URL) async throws {
            self.redis = redis
            self.folder = folder
            let settings = [
                "REDIS_URL": redis.url.description, "CONFIG_DIRECTORY": folder.path,
                "FEATURE_FLAG_FILE": folder.appending(path: "shared/flags.json").path,
                "ROLLBACK_REDIS_DOWN_SECONDS": "5", "ROLLBACK_EVALUATION_INTERVAL": "1",
            ]
            self.settings = settings
            var instances: [ParallaxProcess] = []
            for name in ["a", "b"] {
                instances.append(
                    try await ParallaxProcess(
                        environment: settings.merging([
                            "INSTANCE_ID": name, "DATABASE_PATH": folder.appending(path: "\(name).sqlite").path,
                        ]) { $1 }, errors: folder.appending(path: "\(name).log")))
            }
            self.instances = instances
        }

        func run(_ instance: String = "a", _ arguments: String...) async throws -> ParallaxBinary.Output {
            try await ParallaxBinary.run(
                arguments,
                environment: settings.merging(["DATABASE_PATH": folder.appending(path: "\(instance).sqlite").path]) {
                    $1
                })
        }

        func show() async throws -> [String: Any] {
            let output = try await run("a", "flags", "show", "--json")
            return try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any] ?? [:]
        }

        /// How an instance stands to the file, by `flags show`.
        func standing(_ name: String) async throws -> String? {
            let list = try await show()["instances"] as? [[String: Any]] ?? []
            return list.first { $0["instance"] as? String == name }?["standing"] as? String
        }

        func health(_ index: Int) async throws -> [String: Any] { try await instances[index].get("/health").json() }

        func strategy(_ index: Int) async throws -> String? {
            let security = try await health(index)["security"] as? [String: Any]
            return (security?["middleware_status"] as? [String: Any])?["migration_strategy"] as? String
        }

        func isLatched(_ index: Int) async throws -> Bool {
            (try await health(index)["triggers"] as? [[String: Any]] ?? []).contains { $0["latched"] as? Bool == true }
        }

        /// How many evaluations an instance has kept.
        func evaluations(_ index: Int) async throws -> Int {
            let database = try DatabaseQueue(path: folder.appending(path: "\(["a", "b"][index]).sqlite").path)
            return try await database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM evaluation") ?? 0 }
        }

        /// The flips by evaluators, over the histories of all instances.
        func flips() async throws -> Set<String> {
            var flips: Set<String> = []
            for name in ["a", "b"] {
                let output = try await run(name, "flags", "history", "--json")
                try #require(output.status == 0, "\(output.errors)")
                let rows = try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [[String: Any]] ?? []
                for row in rows where row["by"] as? String == RollbackEvaluator.author {
                    flips.insert(row["contentHash"] as? String ?? "")
                }
            }
            return flips
        }
    }

    private func withFleet(_ body: (Fleet) async throws -> Void) async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let fleet = try await Fleet(redis: redis, folder: folder)
                for index in 0...1 {
                    try await eventually("Redis is healthy") {
                        (try await fleet.health(index)["redis"] as? [String: Any])?["state"] as? String == "healthy"
                    }
                }
                try await body(fleet)
                for instance in fleet.instances { #expect(await instance.terminate() == 0) }
            }
        }
    }

    @Test(
        "one outage is one flip, one acknowledgement clears it for both, and no instance flips back against it",
        .timeLimit(.minutes(5)))
    func oneFlip() async throws {
        try await withFleet { fleet in
            await fleet.redis.kill()
            for index in 0...1 {
                try await eventually("a rollback, latched at both") {
                    let isLatched = try await fleet.isLatched(index)
                    let strategy = try await fleet.strategy(index)
                    return strategy == "legacy" && isLatched
                }
            }
            try await eventually("the flip is in the history") { try await !fleet.flips().isEmpty }
            #expect(try await fleet.flips().count == 1)
            let shown = try await fleet.run("a", "flags", "show").text
            #expect(shown.contains("rollback  redis_down at") && shown.contains("not acknowledged"))

            // At the instance that may not have been the one that flipped.
            try await eventually("the latch in the second's database") {
                try await fleet.run("b", "rollback", "acknowledge", "--by", "ann", "--reason", "seen").status == 0
            }
            for index in 0...1 {
                try await eventually("both are cleared") { try await !fleet.isLatched(index) }
            }
            // Redis is still down: an instance that did not know of the acknowledgement would flip within a second or
            // two.
            let output = try await fleet.run(
                "a", "flags", "set", "--strategy", "hybrid", "--by", "ann", "--reason", "on")
            try #require(output.status == 0, "\(output.errors)")
            for index in 0...1 {
                try await eventually("both in hybrid") { try await fleet.strategy(index) == "hybrid" }
                // Twelve evaluations of each.
                let before = try await fleet.evaluations(index)
                try await eventually(within: .seconds(90), "evaluations") {
                    try await fleet.evaluations(index) > before + 12 * 3
                }
                #expect(try await fleet.strategy(index) == "hybrid")
            }
            #expect(try await fleet.flips().count == 1)
        }
    }

    @Test(
        "an instance that was stopped through a rollback and its end flips nothing when it goes on",
        .timeLimit(.minutes(5)))
    func stopped() async throws {
        try await withFleet { fleet in
            kill(fleet.instances[0].processIdentifier, SIGSTOP)
            defer { kill(fleet.instances[0].processIdentifier, SIGCONT) }
            await fleet.redis.kill()
            try await eventually("the second rolled back") { try await fleet.strategy(1) == "legacy" }
            try await eventually("the latch in the database") {
                try await fleet.run("b", "rollback", "acknowledge", "--by", "ann", "--reason", "seen").status == 0
            }
            try await eventually("cleared") { try await !fleet.isLatched(1) }
            let output = try await fleet.run(
                "b", "flags", "set", "--strategy", "hybrid", "--by", "ann", "--reason", "on")
            // The flags are written, and the instance that is stopped cannot follow them.
            try #require(output.status == 4 && output.errors.contains("1 of 2 instances"), "\(output.errors)")
            try await eventually("the second in hybrid") { try await fleet.strategy(1) == "hybrid" }
            kill(fleet.instances[0].processIdentifier, SIGCONT)
            let before = try await fleet.evaluations(0)
            try await eventually(within: .seconds(90), "evaluations of who was stopped") {
                try await fleet.evaluations(0) > before + 12 * 3
            }
            #expect(try await fleet.strategy(0) == "hybrid")
            #expect(try await fleet.strategy(1) == "hybrid")
            #expect(try await fleet.flips().count == 1)
        }
    }

    @Test("who has not applied the file is listed, and who has gone", .timeLimit(.minutes(5)))
    func stragglers() async throws {
        try await withFleet { fleet in
            for name in ["a", "b"] {
                try await eventually("\(name) is current") { try await fleet.standing(name) == "current" }
            }
            kill(fleet.instances[1].processIdentifier, SIGSTOP)
            let output = try await fleet.run(
                "a", "flags", "set", "--strategy", "legacy", "--by", "ann", "--reason", "off")
            try #require(output.status == 4 && output.errors.contains("1 of 2 instances"), "\(output.errors)")
            try await eventually("one current and one behind") {
                let first = try await fleet.standing("a")
                let second = try await fleet.standing("b")
                return first == "current" && second == "behind"
            }
            let shown = try await fleet.run("a", "flags", "show").text
            #expect(shown.contains("behind") && shown.contains("the file changed"))
            kill(fleet.instances[1].processIdentifier, SIGCONT)
            try await eventually("both current") { try await fleet.standing("b") == "current" }
            let hash = try await fleet.show()["contentHash"] as? String
            let flags = try await fleet.health(1)["flags"] as? [String: Any]
            #expect(hash != nil && flags?["content_hash"] as? String == hash)
            #expect(await fleet.instances[1].terminate() == 0)
            #expect(try await fleet.standing("b") == nil, "it took its word back as it went")
        }
    }
}
