import Foundation
import NIOCore
import NIOPosix
import ParallaxTesting
import RedisLimiting
import Testing

/// The service under a flood of connections, with few files.
@Suite struct ConnectionFloodTests {
    @Test(
        "a flood of connections neither ends the process, nor keeps callers out, nor freezes the flags",
        .timeLimit(.minutes(2)))
    func survives() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let environment = [
                    "CONFIG_DIRECTORY": folder.path, "REDIS_URL": redis.url.description,
                    "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                ]
                let service = try await ParallaxProcess(environment: environment, maximumOpenFiles: 256)
                let port = try #require(URL(string: service.url)?.port)

                // 1. More connections than the process may have files, opened again and again under traffic.
                for _ in 0..<6 {
                    try await Self.open(200, port: port)
                    for number in 0..<20 { #expect(try await service.check("key-\(number)").status == 200) }
                }

                // 2. The way back works meanwhile.
                let set = try await ParallaxBinary.run(
                    ["flags", "set", "--strategy", "legacy", "--reason", "under attack"], environment: environment)
                #expect(set.status == 0)
                try await eventually("the instance follows its flag file") {
                    try await service.get("/api/system/rate-limit/health").json()["migration_strategy"] as? String
                        == "legacy"
                }

                // 3. What happened can be seen.
                let metrics = try await service.get("/metrics").body
                #expect(metrics.firstMatch(of: /closed_total\{reason="evicted"\} [1-9]/) != nil)
                #expect(await service.terminate() == 0)
            }
        }
    }

    @Test("a low soft limit of open files is raised at the start", .timeLimit(.minutes(1)))
    func raisesTheLimit() async throws {
        try await withFolder { folder in
            let service = try await ParallaxProcess(
                environment: [
                    "CONFIG_DIRECTORY": folder.path, "DISTRIBUTED_RATE_LIMITING_ENABLED": "false",
                    "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                ], maximumOpenFiles: 256, mayRaiseThem: true)
            let metrics = try await service.get("/metrics").body
            let limit = try #require(metrics.firstMatch(of: /process_max_fds ([0-9]+)/)).output.1
            #expect(try #require(Int(limit)) > 256)
            #expect(await service.terminate() == 0)
        }
    }

    /// Opens connections that send nothing, and leaves them open.
    private static func open(_ count: Int, port: Int) async throws {
        for _ in 0..<count {
            _ = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
        }
    }
}
