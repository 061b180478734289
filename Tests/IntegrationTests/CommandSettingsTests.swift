import DivergenceStore
import Foundation
import Testing

/// Every command against settings that are not valid.
@Suite struct CommandSettingsTests {
    private static let invalid = [
        "GATE_MINIMUM_HOURS": "48h", "GATE_UNEXPLAINED_PERCENT": "0,01", "HYBRID_RATE_LIMITING": "perhaps",
        "DISTRIBUTED_ENFORCEMENT_PERCENT": "5%", "IDENTITY_PRIVACY": "hased", "ROLLBACK_ERROR_RATE_PERCENT": "five",
        "BASELINE_HOLDOUT_PERCENT": "51", "HTTP_PORT": "eighty", "RATE_LIMIT_PER_MINUTE": "60/min",
        "LEGACY_ALGORITHM": "leaky", "CLOCK_SKEW_TOLERANCE_MS": "1s", "REDIS_DECISION_TIMEOUT": "250ms",
    ]
    private static let gate = ["GATE_MINIMUM_HOURS", "GATE_UNEXPLAINED_PERCENT", "BASELINE_HOLDOUT_PERCENT"]
    private static let flags = ["HYBRID_RATE_LIMITING", "DISTRIBUTED_ENFORCEMENT_PERCENT"]
    private static let limits = ["RATE_LIMIT_PER_MINUTE", "LEGACY_ALGORITHM", "CLOCK_SKEW_TOLERANCE_MS"]

    /// Each command with the settings above that it uses.
    private static let commands: [(arguments: String, uses: [String])] = [
        ("report --gate", gate + flags), ("report", gate + flags), ("promote --to 10 --reason r", gate + flags),
        ("flags show", flags + gate), ("flags set --strategy legacy --reason r", flags),
        ("flags restore 1 --reason r", flags), ("rollback drill --restore", flags), ("flags history", []),
        ("divergences list", []), ("divergences list --identifier a", ["IDENTITY_PRIVACY"]),
        ("divergences settlements", []), ("rollback history", []), ("rollback acknowledge --reason r", []),
        ("rollback simulate --rate 1 --days 1", ["ROLLBACK_ERROR_RATE_PERCENT", "BASELINE_HOLDOUT_PERCENT"]),
        ("health", ["HTTP_PORT"]), ("limits top --admin-token-file token", ["HTTP_PORT"]),
        ("limits status a --admin-token-file token", ["HTTP_PORT"]),
        ("limits reset a --admin-token-file token", ["HTTP_PORT"]),
        ("rollback drill --admin-token-file token", ["HTTP_PORT"]), ("replay log", limits),
        ("replay log --redis redis://127.0.0.1:1", limits + ["REDIS_DECISION_TIMEOUT"]), ("migrate", []),
        ("config check --offline", invalid.keys.sorted()), ("serve", invalid.keys.sorted()),
    ]

    /// Runs a command in a folder with a database, a flag file, a log and a token.
    private func run(_ command: String, _ environment: [String: String]) async throws -> ParallaxBinary.Output {
        try await withFolder { folder in
            _ = try DivergenceStore(path: folder.appending(path: "parallax.sqlite").path)
            try Data("0123456789abcdef".utf8).write(to: folder.appending(path: "token"))
            try Data().write(to: folder.appending(path: "log"))
            let arguments = command.split(separator: " ").map { word in
                ["token", "log"].contains(word) ? folder.appending(path: String(word)).path : String(word)
            }
            return try await ParallaxBinary.run(
                arguments,
                environment: [
                    "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": folder.appending(path: "parallax.sqlite").path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                ].merging(environment) { $1 })
        }
    }

    @Test("a command refuses an invalid setting that it uses, and names it", arguments: commands.map(\.arguments))
    func refuses(command: String) async throws {
        let uses = Self.commands.first { $0.arguments == command }?.uses ?? []
        for name in uses {
            let output = try await run(command, [name: Self.invalid[name] ?? ""])
            #expect(output.status == 78, "\(name): \(output.errors)")
            #expect((output.errors + output.text).contains(name), "\(output.errors)")
        }
    }

    @Test("a command runs as ever on invalid settings that it does not use", arguments: commands.map(\.arguments))
    func runs(command: String) async throws {
        let uses = Self.commands.first { $0.arguments == command }?.uses ?? []
        let others = Self.invalid.filter { !uses.contains($0.key) }
        guard !others.isEmpty else { return }
        let output = try await run(command, others)
        #expect(output.status != 78, "\(output.errors)")
    }

    @Test(
        "a folder of settings that was named and is not there stops every command that reads one",
        arguments: commands.map(\.arguments))
    func missingFolder(command: String) async throws {
        let output = try await run(command, ["CONFIG_DIRECTORY": "/nonexistent"])
        #expect(output.status == 78, "\(output.errors)")
        #expect((output.errors + output.text).contains("/nonexistent"))
    }
}
