import DivergenceStore
import Foundation
import GRDB
import ParallaxTesting
import RedisLimiting
import Testing

/// What the built binary leaves in its database, however it ends.
@Suite struct RecordingTests {
    private static func start(
        _ folder: URL, redis: PrivateRedis, flushInterval: String
    ) async throws -> (service: ParallaxProcess, database: String) {
        let database = folder.appending(path: "a.sqlite").path
        let service = try await ParallaxProcess(environment: [
            "REDIS_URL": redis.url.description, "DATABASE_PATH": database, "CONFIG_DIRECTORY": folder.path,
            "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
            "DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true",
            "RECORD_FLUSH_INTERVAL": flushInterval,
        ])
        return (service, database)
    }

    /// Sends checks of a few clients from several callers at once; each caller ends when the service no longer answers.
    ///
    /// - Returns: How many were answered.
    @discardableResult
    private static func send(_ count: Int, to service: ParallaxProcess, callers: Int = 8) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var answered = 0
                    for number in 0..<count / callers {
                        guard (try? await service.check("client-\(caller)-\(number % 5)")) != nil else { break }
                        answered += 1
                    }
                    return answered
                }
            }
            return await group.reduce(0, +)
        }
    }

    /// Requests that are in some figure of the report.
    private static func recorded(in database: String) async throws -> Int {
        let report = try await DivergenceStore.report(of: [try DivergenceStore(readingFrom: database)])
        return report.compared + report.incomparable.values.reduce(0, +) + report.dropped.values.reduce(0, +)
    }

    @Test("SIGTERM writes every comparison that was begun", .timeLimit(.minutes(2)))
    func terminate() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                // No flush by time: what is in the database at the end, SIGTERM has written.
                let (service, database) = try await Self.start(folder, redis: redis, flushInterval: "3600")
                let answered = await Self.send(800, to: service)
                #expect(answered == 800)
                #expect(await service.terminate() == 0)
                let copy = folder.appending(path: "copy.sqlite").path
                try FileManager.default.copyItem(atPath: database, toPath: copy)
                #expect(try await Self.recorded(in: copy) == 800)
                #expect(try await Self.recorded(in: database) == 800)
            }
        }
    }

    @Test("after kill -9 at full load the database opens clean and holds what was flushed", .timeLimit(.minutes(2)))
    func kill() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let (service, database) = try await Self.start(folder, redis: redis, flushInterval: "0.05")
                await Self.send(400, to: service)
                try await eventually("the first 400 are flushed") { try await Self.recorded(in: database) == 400 }
                async let load = Self.send(100_000, to: service)
                try await eventually("more has been flushed") { try await Self.recorded(in: database) > 800 }
                await service.kill()
                let answered = await load
                let queue = try DatabaseQueue(path: database)
                let verdict = try await queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
                #expect(verdict == "ok")
                let recorded = try await Self.recorded(in: database)
                #expect(recorded > 800)
                // Requests in flight may have been compared and not answered; none can be counted twice.
                #expect(recorded <= 400 + answered + 8)
            }
        }
    }

    @Test(
        "a service whose database is none answers, says so, and records once the file is replaced",
        .timeLimit(.minutes(2)))
    func startsWithoutItsRecord() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let database = folder.appending(path: "a.sqlite")
                try Data(String(repeating: "no database\n", count: 99).utf8).write(to: database)
                let (service, path) = try await Self.start(folder, redis: redis, flushInterval: "0.05")
                #expect(await Self.send(40, to: service) == 40)
                try await eventually("health is degraded") {
                    let health = try await service.get("/health")
                    return health.status == 200 && health.body.contains("not an SQLite database")
                }
                try FileManager.default.removeItem(at: database)
                try await eventually(within: .seconds(60), "what waited is recorded") {
                    (try? await Self.recorded(in: path)) == 40
                }
                // In use, it is removed; the next one gets what comes then.
                for ending in ["", "-wal", "-shm"] { try FileManager.default.removeItem(atPath: path + ending) }
                try await eventually("a new one is there") { FileManager.default.fileExists(atPath: path) }
                #expect(await Self.send(16, to: service) == 16)
                try await eventually("what came since is recorded") {
                    guard let recorded = try? await Self.recorded(in: path) else { return false }
                    return recorded >= 16
                }
            }
        }
    }

    @Test("a service that is killed leaves no private Redis behind", .timeLimit(.minutes(1)))
    func embeddedRedis() async throws {
        try await withFolder { folder in
            let service = try await ParallaxProcess(
                arguments: ["--embedded-redis"],
                environment: [
                    "DATABASE_PATH": folder.appending(path: "a.sqlite").path, "CONFIG_DIRECTORY": folder.path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                ])
            let socket = try #require(service.greeting.firstMatch(of: /unix:\/\/([^?]+)/).map { String($0.1) })
            #expect(FileManager.default.fileExists(atPath: socket))
            #expect(try await service.check("alice").status == 200)
            await service.kill()
            let home = URL(filePath: socket).deletingLastPathComponent().path
            try await eventually("the private server's folder is gone") {
                !FileManager.default.fileExists(atPath: home)
            }
        }
    }

    @Test("an embedded Redis is refused in production, by name")
    func productionRefusesEmbedded() async throws {
        try await withFolder { folder in
            let output = try await ParallaxBinary.run(
                ["serve", "--embedded-redis", "--port", "0"],
                environment: [
                    "ENVIRONMENT": "production", "CONFIG_DIRECTORY": folder.path,
                    "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                ])
            #expect(output.status == 78)
            #expect(output.errors.contains("EMBEDDED_REDIS"))
        }
    }
}
