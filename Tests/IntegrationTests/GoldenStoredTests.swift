import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// Databases and a flag folder of an earlier binary, read by the present one.
@Suite struct GoldenStoredTests {
    /// Commands that only read, by the name of their golden file.
    private static let reading: [(name: String, commands: [String])] = [
        ("report.txt", ["report --database a.sqlite --database b.sqlite"]),
        ("report.json", ["report --database a.sqlite --database b.sqlite --json"]),
        ("report-since.txt", ["report --since 2h --gate", "report --since 2h --organization acme --top 1"]),
        (
            "report-csv.txt",
            [
                "report --database a.sqlite --database b.sqlite --format csv",
                "report --database a.sqlite --database b.sqlite --format csv --rows divergences",
            ]
        ),
        ("report.html", ["report --database a.sqlite --database b.sqlite --format html"]),
        ("flags.txt", ["flags show", "flags show --json", "flags history", "flags history --json"]),
        ("flags-with-databases.txt", ["flags show --database a.sqlite --database b.sqlite"]),
        (
            "rollback.txt",
            [
                "rollback history", "rollback history --database b.sqlite", "rollback history --json",
                "rollback baseline show", "rollback baseline show --json",
                "rollback simulate --database a.sqlite --since 2h --redis-down-seconds 3",
            ]
        ),
        (
            "divergences.txt",
            [
                "divergences list --limit 3", "divergences list --limit 2 --json",
                "divergences list --identifier key-1 --organization acme --limit 1", "divergences settlements",
                "divergences settlements --json",
            ]
        ),
        (
            "promote.txt",
            [
                "promote --to hybrid --reason next --by ann", "promote --to 50 --reason next --by ann",
                "promote --to distributed_only --reason next --by ann",
            ]
        ),
        ("held.txt", ["rollback history --database held.sqlite --file none.json"]),
    ]

    /// Commands that change something, in this order.
    private static let changing = [
        "rollback acknowledge --by ann --reason seen", "rollback history",
        "rollback acknowledge --by ann --reason again",
        "flags set --strategy hybrid --by ann --reason on",
        "flags set DISTRIBUTED_ENFORCEMENT_PERCENT=50 --by ann --reason half",
        "flags set DISTRIBUTED_ENFORCEMENT_PERCENT=50 --by ann --reason half", "flags history --limit 2",
        "flags restore 1 --by ann --reason back",
        "flags history --limit 1 --json", "promote --to legacy --by ann --reason stop",
        "promote --to hybrid --by ann --reason start", "promote --to hybrid --force --by ann --reason start",
        "flags show", "promote --to 10 --since 2h --by ann --reason on",
        "promote --to 10 --since 2h --force --by ann --reason on",
        "divergences settle --kind newly_limited --cause other_instances --as bug --by ann --note look",
        "divergences settle --kind quota_drift --cause policy --as bug --by ann --note look", "divergences settlements",
        "rollback baseline forget --by ann --reason slow", "rollback baseline show", "rollback drill --restore",
        "migrate", "database backup --output copy.sqlite",
    ]

    private static func words(_ command: String, in stored: StoredFixture) -> [String] {
        command.split(separator: " ").map { word in
            ["sqlite", "json"].contains(word.split(separator: ".").last) && word.contains(".")
                ? stored.path(String(word)) : String(word)
        }
    }

    @Test("a command that reads what is stored prints its golden file", arguments: reading.map(\.name))
    func reads(name: String) async throws {
        let commands = Self.reading.first { $0.name == name }?.commands ?? []
        try await StoredFixture.withCopy { stored in
            var transcript = Transcript(stored.volatile, .stored)
            for command in commands {
                let words = Self.words(command, in: stored)
                transcript.add(words, try await stored.run(words))
            }
            Golden.expect(transcript.text, is: "stored/\(name)")
        }
    }

    @Test("commands that change what is stored print their golden file, and leave a golden flag file")
    func changes() async throws {
        try await StoredFixture.withCopy { stored in
            // Instances that have ended: nothing waits for them.
            let side = stored.folder.appending(path: ".flags.json.parallax")
            for name in try FileManager.default.contentsOfDirectory(atPath: side.path) where name.hasPrefix("instance.")
            {
                try FileManager.default.removeItem(at: side.appending(path: name))
            }
            var transcript = Transcript(stored.volatile, .stored)
            for command in Self.changing {
                let words = Self.words(command, in: stored)
                transcript.add(words, try await stored.run(words))
            }
            transcript.add("flags.json", try stored.text("flags.json"))
            Golden.expect(transcript.text, is: "stored/changes.txt")
        }
    }

    /// Runs a service on a copy, and gives it Redis.
    private func withService(
        _ settings: (StoredFixture) throws -> [String: String] = { _ in [:] },
        _ body: (StoredFixture, ParallaxProcess) async throws -> Void
    ) async throws {
        try await StoredFixture.withCopy { stored in
            try await withPrivateRedis { redis in
                let environment = stored.settings.merging(["REDIS_URL": redis.url.description]) { $1 }
                    .merging(try settings(stored)) { $1 }
                let service = try await ParallaxProcess(environment: environment)
                try await body(stored, service)
                #expect(await service.terminate() == 0)
            }
        }
    }

    @Test("a service starts on what is stored, at legacy and latched, and adds to it", .timeLimit(.minutes(2)))
    func serves() async throws {
        try await withService { stored, service in
            try await eventually("it has the latch, writes and finds Redis") {
                let health = try await service.get("/health").json()
                func state(_ part: String) -> String? { (health[part] as? [String: Any])?["state"] as? String }
                return state("rollback") == "latched" && state("recorder") == "writing" && state("redis") == "healthy"
                    && state("flags") == "valid"
            }
            let answer = try await service.check("key-1", organization: "acme")
            #expect(answer.status == 200 && answer.body.contains(#""strategy":"legacy""#))
            let history = try await ParallaxBinary.run(["rollback", "history"], environment: stored.settings)
            #expect(history.text.contains("not acknowledged") && history.text.contains("by ann"), "\(history)")
        }
    }

    @Test("a service that held itself at legacy still does", .timeLimit(.minutes(2)))
    func holds() async throws {
        try await withService { stored in
            [
                "FEATURE_FLAG_FILE": try HeldRollbackTests.unwritableFile(in: stored.folder),
                "DATABASE_PATH": stored.path("held.sqlite"),
            ]
        } _: { _, service in
            try await eventually("it holds itself at legacy") {
                let flags = try await service.get("/health").json()["flags"] as? [String: Any]
                return flags?["held_at_legacy"] as? Bool == true
            }
            #expect(try await service.check("key-1").body.contains(#""strategy":"legacy""#))
        }
    }

    @Test("the tables of the stored databases are those that a golden file names")
    func schema() async throws {
        try await StoredFixture.withCopy { stored in
            let migrated = try await stored.run(["migrate"])
            #expect(migrated.status == 0, "\(migrated.errors)")
            let schema = try StoredSchema.text(of: stored.path("a.sqlite"))
            Golden.expect(schema, is: "stored/schema.txt")
        }
    }
}
