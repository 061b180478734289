@testable import Settings
import Foundation
import ParallaxCore
import ParallaxTesting
import RedisLimiting
import Testing

/// From what people write in the environment to a Redis that decides.
@Suite struct RedisSettingsTests {
    /// Loads from an environment in a folder that holds the given files; `~` in a value stands for the folder.
    private func load<Result>(
        _ environment: [String: String], files: [String: String] = [:],
        _ body: (LoadedSettings) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            for (name, text) in files {
                try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
                chmod(folder + "/" + name, 0o600)
            }
            var environment = environment.mapValues { $0.replacingOccurrences(of: "~", with: folder) }
            environment["CONFIG_DIRECTORY"] = folder
            environment["FEATURE_FLAG_FILE"] = folder + "/flags.json"
            environment["DATABASE_PATH"] = folder + "/parallax.sqlite"
            return try await body(await Settings.load(environment: environment, hostName: "host"))
        }
    }

    /// Expects that a limiter made from the settings decides, or that it cannot.
    private func expectDeciding(_ loaded: LoadedSettings, _ expected: Bool) async throws {
        #expect(loaded.findings.isEmpty, "\(loaded.findings)")
        var settings = loaded.settings.redisSettings(at: try loaded.settings.redisURL())
        settings.decisionTimeout = .seconds(20)
        let request = try CheckRequest(identity: Identity(identifier: "caller"), policy: .defaultValue)
        let decision = try await withRedisLimiter(settings) { await $0.check(request, at: nil) }
        #expect(decision.isAllowed == expected, "\(decision)")
    }

    @Test(
        "TLS with an authority's file and a password's file needs no more than the settings",
        .enabled(if: TemporaryCertificates.canBeMade, "openssl makes the certificates"))
    func tls() async throws {
        let port = try LoopbackPorts.find(1)[0]
        try await withTemporaryCertificates { certificates in
            try await withPrivateRedis(password: "hunter2", arguments: certificates.arguments(port: port)) { _ in
                let environment = [
                    "REDIS_URL": "rediss://localhost:\(port)/1", "REDIS_CA_FILE": certificates.authority,
                    "REDIS_PASSWORD_FILE": "~/password",
                ]
                try await load(environment, files: ["password": "hunter2\n"]) { try await expectDeciding($0, true) }
                try await load(environment, files: ["password": "hunter3\n"]) { try await expectDeciding($0, false) }
                let trusting = ["REDIS_URL": "rediss://:hunter2@localhost:\(port)"]
                try await load(trusting) { try await expectDeciding($0, false) }
            }
        }
    }

    @Test("a user's password comes from a file, with the user in the address")
    func userAndFile() async throws {
        try await withPrivateRedis(arguments: ["--user", "ann", "on", ">hunter2", "~*", "&*", "+@all"]) { redis in
            let environment = [
                "REDIS_URL": "unix://ann@\(redis.socketPath)?db=2", "REDIS_PASSWORD_FILE": "~/password",
                "REFUSAL_CACHE_MAX_IDENTITIES": "7",
            ]
            try await load(environment, files: ["password": "hunter2"]) { loaded in
                try await expectDeciding(loaded, true)
                #expect(loaded.settings.redisSettings(at: .local).refusalCacheIdentities == 7)
            }
        }
    }

    @Test(
        "what is wrong with a file is found before Redis is tried, at the setting, with the file's name and no secret",
        arguments: [
            (["REDIS_PASSWORD_FILE": "~/missing"], "REDIS_PASSWORD_FILE", Finding.Kind.unusableFile, "missing"),
            (["REDIS_PASSWORD_FILE": "~/empty"], "REDIS_PASSWORD_FILE", .unusableFile, "is empty"),
            (["REDIS_PASSWORD_FILE": "~/lines"], "REDIS_PASSWORD_FILE", .unusableFile, "more than one line"),
            (["REDIS_PASSWORD_FILE": "~"], "REDIS_PASSWORD_FILE", .unusableFile, "cannot be read"),
            (
                ["REDIS_PASSWORD_FILE": "~/password", "REDIS_URL": "redis://:hunter4@h"], "REDIS_PASSWORD_FILE",
                .impossibleCombination, "REDIS_URL"
            ),
            (["REDIS_CA_FILE": "~/missing", "REDIS_URL": "rediss://h"], "REDIS_CA_FILE", .unusableFile, "missing"),
            (
                ["REDIS_CA_FILE": "~/password", "REDIS_URL": "rediss://h"], "REDIS_CA_FILE", .unusableFile,
                "no certificate"
            ),
            (["REDIS_KEY_PREFIX": "a{b}"], "REDIS_KEY_PREFIX", .outOfRange, "letters"),
            (
                ["REDIS_CERTIFICATE_FILE": "~/password", "REDIS_URL": "rediss://h"], "REDIS_CERTIFICATE_FILE",
                .impossibleCombination, "together"
            ),
            (
                [
                    "REDIS_CERTIFICATE_FILE": "~/password", "REDIS_KEY_FILE": "~/empty", "REDIS_URL": "rediss://h",
                ], "REDIS_CERTIFICATE_FILE", .unusableFile, "password"
            ),
            (["REFUSAL_CACHE_MAX_IDENTITIES": "-1"], "REFUSAL_CACHE_MAX_IDENTITIES", .outOfRange, "0"),
        ] as [([String: String], String, Finding.Kind, String)])
    func finds(_ environment: [String: String], _ setting: String, _ kind: Finding.Kind, _ part: String) async throws {
        let files = ["password": "hunter2\n", "empty": "", "lines": "hunter2\nhunter3\n"]
        try await load(environment, files: files) { loaded in
            #expect(loaded.findings.map(\.setting) == [setting])
            let finding = try #require(loaded.findings.first)
            #expect(finding.severity == .error && finding.kind == kind)
            #expect(finding.problem.contains(part) && !finding.description.contains("hunter"), "\(finding)")
            // No one is asked whether a Redis answers that cannot be asked rightly.
            if setting != "REFUSAL_CACHE_MAX_IDENTITIES" {
                #expect(
                    await loaded.checkingRedis { _ in RedisCheck(error: RedisError(.server, "never asked")) } == loaded)
            }
        }
    }

    @Test(
        "a private key that others may read is a risk",
        .enabled(if: TemporaryCertificates.canBeMade, "openssl makes the certificates"))
    func openKey() async throws {
        try await withTemporaryCertificates { certificates in
            let environment = [
                "REDIS_URL": "rediss://h", "REDIS_CERTIFICATE_FILE": certificates.certificate,
                "REDIS_KEY_FILE": certificates.key,
            ]
            chmod(certificates.key, 0o600)
            try await load(environment) { #expect($0.findings.isEmpty, "\($0.findings)") }
            chmod(certificates.key, 0o644)
            try await load(environment) { loaded in
                #expect(loaded.findings.map(\.setting) == ["REDIS_KEY_FILE"])
                #expect(loaded.findings.map(\.kind) == [.risk])
            }
        }
    }

    @Test("files that nothing uses are pointed out")
    func findsNeedless() async throws {
        let files = ["password": "hunter2"]
        try await load(["REDIS_PASSWORD_FILE": "~/password", "EMBEDDED_REDIS": "true"], files: files) { loaded in
            #expect(loaded.findings.map(\.kind) == [.noEffect])
            #expect(loaded.errors.isEmpty)
        }
        guard TemporaryCertificates.canBeMade else { return }
        try await withTemporaryCertificates { certificates in
            try await load(["REDIS_CA_FILE": certificates.authority]) { loaded in
                #expect(loaded.findings.map(\.setting) == ["REDIS_CA_FILE"])
                #expect(loaded.findings.map(\.kind) == [.noEffect])
            }
        }
    }
}
