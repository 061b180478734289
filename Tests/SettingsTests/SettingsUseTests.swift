import ParallaxTesting
@testable import Settings
import Foundation
import ParallaxCore
import Testing

/// What a value's surroundings and an invalid value come to, for every setting of the catalog.
@Suite struct SettingsUseTests {
    private static let uses: [SettingsUse] = [
        .database, .flags, .privacy, .gate, .rollback, .limits, .redis, .address, .adminToken,
    ]

    /// Loads from an environment and a base file, in a folder of their own that `~` stands for in values.
    private func load(_ environment: [String: String], yaml: String = "") async throws -> LoadedSettings {
        try await withTemporaryFolder { folder in
            try yaml.replacingOccurrences(of: "~", with: folder)
                .write(toFile: folder + "/parallax.yaml", atomically: true, encoding: .utf8)
            var environment = environment
            for (name, value) in ["CONFIG_DIRECTORY": "~", "FEATURE_FLAG_FILE": "~/flags.json"]
            where environment[name] == nil && !yaml.contains(name) { environment[name] = value }
            environment = environment.mapValues { $0.replacingOccurrences(of: "~", with: folder) }
            return await Settings.load(environment: environment, hostName: "host")
        }
    }

    /// A valid value that differs from the default.
    private static func valid(_ setting: Setting) -> String {
        switch setting.kind {
        case .boolean: setting.defaultValue == "true" ? "false" : "true"
        case .integer(let range): String(min(range.upperBound, (Int(setting.defaultValue) ?? range.lowerBound) + 1))
        case .decimal(let range):
            String(min(range.upperBound, (Double(setting.defaultValue) ?? range.lowerBound) + 0.5))
        case .seconds(let range):
            String(min(range.upperBound, (Double(setting.defaultValue) ?? range.lowerBound) + 0.5))
        case .choice(let choices): choices.last { $0 != setting.defaultValue } ?? setting.defaultValue
        case .list:
            ["TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8", "ROLLBACK_DRY_RUN": "error_rate, redis_down"][setting.name]
                ?? "http://a:9093, http://b"
        case .text: ["REDIS_URL": "redis://:secret@h:6380/1", "CONFIG_DIRECTORY": "~"][setting.name] ?? "~/other"
        }
    }

    @Test(
        "blanks and line ends around a value of the environment are not part of it", arguments: Setting.all,
        ["\r\n", "\n", "\r", " \t\n"])
    func trimsEnvironment(setting: Setting, blanks: String) async throws {
        let value = Self.valid(setting)
        let plain = try await load([setting.name: value])
        let blank = try await load([setting.name: blanks + value + blanks])
        #expect(Self.erasing(blank) == Self.erasing(plain))
        #expect(blank.origins == plain.origins)
    }

    @Test(
        "nor are those around a value of a file",
        arguments: Setting.all.filter { !["ENVIRONMENT", "CONFIG_DIRECTORY"].contains($0.name) })
    func trimsFiles(setting: Setting) async throws {
        let value = Self.valid(setting)
        let plain = try await load([:], yaml: "\(setting.name): \"\(value)\"")
        let blank = try await load([:], yaml: "\(setting.name): \"\(value)\\r\\n\"")
        #expect(Self.erasing(blank) == Self.erasing(plain))
        let lines = try await load([:], yaml: "\(setting.name): \"\(value)\"\r\n")
        #expect(Self.erasing(lines) == Self.erasing(plain))
    }

    /// The settings without the name of the folder, which differs from one loading to the next, as the order of a set does.
    private static func erasing(_ loaded: LoadedSettings) -> String {
        var settings = loaded.settings
        let dryRun = settings.rollback.dryRun.map(\.rawValue).sorted()
        settings.rollback.dryRun = []
        return "\(settings) \(dryRun) \(settings.redis.url.revealed) \(settings.alerts.urls.map(\.revealed))"
            .replacing(/[^ "]*parallax-[^ \/")]*/, with: "~")
    }

    @Test("a value of nothing but blanks says nothing, as an empty one does")
    func blank() async throws {
        let loaded = try await load(["HTTP_PORT": " \r\n", "TRUSTED_PROXIES": "\n", "REDIS_URL": "\r"])
        #expect(loaded.findings.isEmpty)
        #expect(loaded.origins["HTTP_PORT"] == "default" && loaded.origins["REDIS_URL"] == "default")
    }

    @Test(
        "an invalid value keeps exactly those from running that use the setting",
        arguments: Setting.all.filter { $0.kind != .text || $0.name == "REDIS_URL" })
    func invalid(setting: Setting) async throws {
        let loaded = try await load([setting.name: "no such value"])
        #expect(loaded.errors.contains { $0.setting == setting.name })
        for use in Self.uses {
            #expect(loaded.errors(for: use).isEmpty != use.names.contains(setting.name), "\(use)")
        }
    }

    @Test(
        "what concerns a file or a name keeps those from running whose settings it may hold",
        arguments: [
            (["CONFIG_DIRECTORY": "/nonexistent"], "", uses), ([:], "a: [b", uses),
            ([:], "GATE_GAP_PERCENT: 1", [.gate]),
            (["GATE_MINIMUM_HOUR": "48"], "", [.gate]), (["ENVIRONMENT": "prod"], "", uses),
            ([:], "organizations: {a: {minute: many}}", [.limits]), ([:], "organizations: {a: {day: 1}}", [.limits]),
            (["DATABASE_PATH": "/"], "", []), (["ADMIN_TOKEN_FILE": "/nonexistent"], "", []),
            (["IDENTITY_PRIVACY": "hashed"], "", [.privacy]),
            (["ENVIRONMENT": "production", "FAIL_OPEN_ON_REDIS_ERROR": "true"], "", [.flags]),
            (["ROLLBACK_ERROR_SHORT_WINDOW_SECONDS": "301"], "", [.rollback]),
        ] as [([String: String], String, [SettingsUse])])
    func concerns(environment: [String: String], yaml: String, concerned: [SettingsUse]) async throws {
        let loaded = try await load(environment, yaml: yaml)
        #expect(!loaded.errors.isEmpty)
        for use in Self.uses {
            #expect(loaded.errors(for: use).isEmpty != concerned.contains(use), "\(use)")
        }
    }

    @Test("a command that uses several things runs only if all of them are valid")
    func several() async throws {
        let loaded = try await load(["GATE_MINIMUM_HOURS": "48h"])
        #expect(loaded.errors(for: [.flags, .gate]).map(\.setting) == ["GATE_MINIMUM_HOURS"])
        #expect(loaded.errors(for: [.flags, .database]).isEmpty)
    }
}
