import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// A rollback that the service cannot write, through restarts of the built binary.
@Suite struct HeldRollbackTests {
    /// A file that can be read and never replaced, not even by root: no longer name fits next to it.
    static func unwritableFile(in folder: URL) throws -> String {
        let path = folder.appending(path: String(repeating: "f", count: 250)).path
        let text = """
            {"flags": {
              "DISTRIBUTED_RATE_LIMITING_ENABLED":
                {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"},
              "HYBRID_RATE_LIMITING":
                {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}
            }}
            """
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }

    @Test(
        "a rollback that cannot be written holds through a crash and an edit of the file, until it is acknowledged",
        .timeLimit(.minutes(2)))
    func survives() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let file = try Self.unwritableFile(in: folder)
                let first = try await PromotedService(
                    in: folder, redisURL: redis.url.description,
                    settings: ["FEATURE_FLAG_FILE": file, "ROLLBACK_REDIS_DOWN_SECONDS": "5"])
                try await first.untilRedisIsWell()
                // 1. Found before it matters. Health names no paths.
                let flags = try await first.service.get("/health").json()["flags"] as? [String: Any]
                let problem = try #require(flags?["write_problem"] as? String)
                #expect(problem.contains("File name too long") && !problem.contains(folder.path))
                // 2. Redis dies, and the instance holds itself at legacy.
                await redis.kill()
                try await eventually("it holds itself at legacy") { try await first.strategy == "legacy" }
                try await eventually("the latch is stored") {
                    try await first.run("rollback", "history").text.contains("not acknowledged")
                }
                await first.service.kill()
                // 3. The next process is at legacy from its first answer on.
                let second = try await first.restarted()
                #expect(try await second.service.check("client").status == 200)
                #expect(try await second.strategy == "legacy")
                // 4. An edit by another program changes nothing.
                let invalid = try await second.service.get("/health").json()["flags"] as? [String: Any]
                let hash = invalid?["content_hash"] as? String
                let text = try String(contentsOfFile: file, encoding: .utf8)
                try (text + "\n").write(toFile: file, atomically: false, encoding: .utf8)
                try await eventually("the edit is read") {
                    let flags = try await second.service.get("/health").json()["flags"] as? [String: Any]
                    return flags?["content_hash"] as? String != hash
                }
                #expect(try await second.strategy == "legacy")
                #expect(try await second.service.check("client").status == 200)
                // 5. The acknowledgement lets the instance do what the file says.
                let word = try await second.run("rollback", "acknowledge", "--reason", "seen")
                #expect(word.status == 0 && word.errors.contains("from now on it follows the file"))
                try await eventually("it follows the file") { try await second.strategy == "distributed_only" }
                await second.service.terminate()
            }
        }
    }
}
