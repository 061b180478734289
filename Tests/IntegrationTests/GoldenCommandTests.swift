import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// Commands that talk to a running service, and those that need neither a service nor a database.
@Suite struct GoldenCommandTests {
    /// Commands against a service that is in hybrid, in this order, up to its return to legacy.
    private static let inHybrid = [
        "health", "health --json", "limits status key-1 --organization acme", "limits status key-2 --json",
        "limits top acme", "limits top acme --json", "limits top", "limits reset key-1 --organization acme",
        "limits reset key-1 --organization acme --json", "limits reset --all --organization acme",
        "limits reset --all --json", "limits reset", "limits status key-1 --admin-token-file none", "flags show",
        "flags show --json", "rollback drill --by ann --reason monthly",
        "rollback drill --by ann --reason monthly --json", "promote --to legacy --by ann --reason stop",
        "promote --to 10 --by ann --reason jump",
    ]
    /// The same once it has recorded something in legacy.
    private static let inLegacy = [
        "promote --to hybrid --by ann --reason start", "promote --to hybrid --force --by ann --reason start",
        "rollback acknowledge --by ann --reason seen",
    ]

    @Test("commands against a running service print their golden file", .timeLimit(.minutes(2)))
    func runsAgainstService() async throws {
        try await withFolder { folder in
            try await withPrivateRedis { redis in
                let service = try await PromotedService(
                    in: folder, redisURL: redis.url.description,
                    settings: [
                        "RATE_LIMIT_PER_SECOND": "1000", "RATE_LIMIT_BURST": "1000", "RATE_LIMIT_PER_MINUTE": "2",
                        "DISTRIBUTED_RATE_LIMITING_ENABLED": "true", "HYBRID_RATE_LIMITING": "true",
                    ])
                try await service.untilRedisIsWell()
                try await service.untilSizeIsKnown()
                for _ in 0..<4 { _ = try await service.service.check("key-1", organization: "acme") }
                var transcript = Transcript(
                    VolatileText(known: [(folder.path, "<folder>"), (redis.url.description, "<redis>")]), .running)
                try await add(Self.inHybrid, of: service, to: &transcript)
                try await eventually("it has recorded what it finds in legacy") {
                    let gate = try await service.run("promote", "--to", "hybrid", "--reason", "start").text
                    return gate.contains("1 of 1 heard") && gate.contains("2 of 3")
                }
                try await add(Self.inLegacy, of: service, to: &transcript)
                Golden.expect(transcript.text, is: "commands/running.txt")
                await service.service.terminate()
            }
        }
    }

    private func add(_ commands: [String], of service: PromotedService, to transcript: inout Transcript) async throws {
        let port = service.service.url.split(separator: ":").last.map(String.init) ?? ""
        for command in commands {
            let words = command.split(separator: " ").map(String.init)
            let output = try await ParallaxBinary.run(
                words, environment: service.settings.merging(["HTTP_PORT": port]) { $1 })
            transcript.add(words, output)
        }
    }

    /// Commands without a service, by the name of their golden file.
    private static let alone: [(name: String, commands: [String])] = [
        ("version.txt", ["--version", "nothing", "report --no-such-option", "flags set --reason r"]),
        (
            "replay.txt",
            [
                "replay access.log --instances 2 --policy second=5,minute=20",
                "replay access.log --policy minute=20 --identify network --algorithm fixed_window --forecast 1,3",
            ]
        ),
        ("replay.json", ["replay access.log --instances 2 --policy second=5,minute=20 --json"]),
        ("rollback-simulate.txt", ["rollback simulate --rate 20 --errors 30 --days 1 --seed 7"]),
        ("config-check.txt", ["config check --offline", "config check --offline --json"]),
        (
            "nothing-there.txt",
            [
                "report", "flags show", "flags history", "rollback history", "rollback baseline show",
                "divergences list", "divergences settlements", "rollback acknowledge --by ann --reason r",
                "promote --to hybrid --by ann --reason r", "migrate",
            ]
        ),
    ]

    @Test("a command without a service prints its golden file", arguments: alone.map(\.name))
    func runsAlone(name: String) async throws {
        let commands = Self.alone.first { $0.name == name }?.commands ?? []
        try await withFolder { folder in
            try FileManager.default.copyItem(
                at: StoredFixture.original.appending(path: "access.log"), to: folder.appending(path: "access.log"))
            let environment = [
                "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path, "INSTANCE_ID": "instance-a",
                "HTTP_PORT": "8080",
            ]
            var transcript = Transcript(VolatileText(known: [(folder.path, "<folder>")]), .stored)
            for command in commands {
                let words = command.split(separator: " ").map { word in
                    word == "access.log" ? folder.appending(path: "access.log").path : String(word)
                }
                transcript.add(
                    words,
                    try await ParallaxBinary.run(
                        words, environment: environment.merging(StoredFixture.clock(StoredFixture.moment)) { $1 }))
            }
            Golden.expect(transcript.text, is: "commands/\(name)")
        }
    }

    @Test("config check of wrong settings prints its golden file")
    func wrongSettings() async throws {
        try await withFolder { folder in
            var transcript = Transcript(VolatileText(known: [(folder.path, "<folder>")]), .stored)
            let environment = [
                "CONFIG_DIRECTORY": folder.path, "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                "DATABASE_PATH": folder.appending(path: "none/a.sqlite").path, "INSTANCE_ID": "instance-a",
                "HTTP_PORT": "eighty", "RATE_LIMIT_PER_MINUTE": "60/min", "ROLLBACK_ERROR_MINIMUM": "0",
                "RATE_LIMIT_PER_DECADE": "1", "REDIS_URL": "http://127.0.0.1", "GATE_MINIMUM_HOURS": "48h",
            ]
            for words in [["config", "check", "--offline"], ["config", "check", "--offline", "--json"], ["serve"]] {
                transcript.add(words, try await ParallaxBinary.run(words, environment: environment))
            }
            Golden.expect(transcript.text, is: "commands/config-check-wrong.txt")
        }
    }
}
