import ParallaxTesting
@testable import Settings
import Foundation
import Logging
import ParallaxCore
import Testing

@Suite struct SettingsTests {
    /// Where the repository's own configuration lies.
    private static let configFolder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("config").path

    /// Loads from an environment and files, in a folder of their own.
    private func load(
        _ environment: [String: String] = [:], files: [String: String] = [:], commandLine: [String: String] = [:]
    ) async throws -> LoadedSettings {
        try await withTemporaryFolder { folder in
            for (name, text) in files { try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8) }
            // The default flag file lies in config/, which the test's folder has not.
            var environment = environment
            environment["CONFIG_DIRECTORY"] = folder
            environment["FEATURE_FLAG_FILE"] = environment["FEATURE_FLAG_FILE"] ?? folder + "/flags.json"
            return await Settings.load(environment: environment, commandLine: commandLine, hostName: "host")
        }
    }

    @Test("without any source every setting has the default of the contract")
    func hasDefaults() async throws {
        let loaded = try await load()
        let settings = loaded.settings
        #expect(loaded.findings.isEmpty)
        #expect(settings.instance == .init(environment: .development, id: "host:8080", logLevel: .info))
        #expect(
            settings.http
                == .init(
                    host: "127.0.0.1", port: 8080, maximumConnections: nil, allowedHosts: AllowedHosts(["127.0.0.1"]),
                    trustedProxies: [], trustedHops: 64, organizationHeader: nil, ipv6PrefixLength: 64,
                    adminTokenFile: nil, responseTimesTokenFile: nil))
        #expect(
            settings.flags.initial
                == FlagValues(distributedEnabled: true, hybrid: true, failOpen: false, enforcementPercent: 0))
        #expect(settings.flags.pins == .init())
        #expect(settings.limits.book == PolicyBook(defaultValue: .defaultValue))
        #expect(settings.redis.url.revealed == "redis://localhost:6379/0")
        #expect(settings.redis.connectionTimeout == .seconds(5))
        #expect(settings.redis.socketTimeout == .seconds(10))
        #expect(settings.redis.decisionTimeout == .milliseconds(250))
        #expect(settings.redis.maximumConnections == 20)
        #expect(settings.redis.passwordFile == nil && settings.redis.certificateAuthorityFile == nil)
        #expect(settings.redis.refusalCacheIdentities == 0)
        #expect(settings.recorder.databasePath == "parallax.sqlite")
        #expect(settings.recorder.maximumBytes == 10 << 30)
        #expect(settings.rollback.redisDownSeconds == 120)
        #expect(settings.rollback.errorRatePercent == 5)
        #expect(settings.rollback.responseTimeFactor == 2)
        #expect(settings.rollback.dryRun.isEmpty)
        #expect(Setting.featureFlagFile.defaultValue == "config/feature-flags.json")
    }

    @Test("every default is a value of its setting's type, and no name is there twice")
    func hasASoundCatalog() {
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
        for setting in Setting.all {
            #expect(setting.name == setting.name.uppercased())
            #expect(setting.summary.hasSuffix("."))
        }
    }

    @Test("every setting of the rollback reaches the evaluator")
    func reachesTheEvaluator() async throws {
        let loaded = try await load([
            "ROLLBACK_REDIS_DOWN_SECONDS": "90", "ROLLBACK_REDIS_DOWN_WINDOW_SECONDS": "700",
            "ROLLBACK_ERROR_RATE_PERCENT": "7.5",
            "ROLLBACK_ERROR_WINDOW_SECONDS": "200", "ROLLBACK_ERROR_SHORT_WINDOW_SECONDS": "40",
            "ROLLBACK_ERROR_MINIMUM": "50", "ROLLBACK_OUTAGES_AS_ERRORS": "true",
            "ROLLBACK_RESPONSE_TIME_FACTOR": "3", "ROLLBACK_RESPONSE_TIME_MINIMUM": "400",
            "ROLLBACK_RESPONSE_TIME_FLOOR_MS": "12.5", "ROLLBACK_RESPONSE_TIME_UNWAITED": "true",
            "ROLLBACK_EVALUATION_INTERVAL": "5",
            "ROLLBACK_DRY_RUN": "error_rate",
        ])
        #expect(loaded.findings.isEmpty)
        var expected = RollbackSettings()
        expected.redisDownSeconds = 90
        expected.redisDownWindowSeconds = 700
        expected.errorRatePercent = 7.5
        expected.errorWindowSeconds = 200
        expected.errorShortWindowSeconds = 40
        expected.errorMinimum = 50
        expected.outagesAsErrors = true
        expected.responseTimeFactor = 3
        expected.responseTimeMinimum = 400
        expected.responseTimeFloorMilliseconds = 12.5
        expected.responseTimeUnwaited = true
        expected.evaluationInterval = 5
        expected.dryRun = [.errorRate]
        // Without a token who reports is not known.
        expected.trustsApplicationTimes = false
        #expect(loaded.settings.rollback == expected)
        var defaultValue = RollbackSettings()
        defaultValue.trustsApplicationTimes = false
        #expect(try await load().settings.rollback == defaultValue)
        let withToken = try await load(["RESPONSE_TIMES_TOKEN_FILE": "token"])
        #expect(withToken.settings.rollback == RollbackSettings())
        for trigger in Trigger.allCases {
            let dry = try await load(["ROLLBACK_DRY_RUN": trigger.rawValue])
            #expect(dry.settings.rollback.dryRun == [trigger])
        }
    }

    @Test("the command line wins over the environment over the environment's file over the base file")
    func layers() async throws {
        let files = [
            "parallax.yaml":
                "ENVIRONMENT: staging\nHTTP_PORT: 1\nREDIS_MAX_CONNECTIONS: 1\nRECORD_BUFFER: 1\nRATE_LIMIT_BURST: 21",
            "staging.yaml": "HTTP_PORT: 2\nREDIS_MAX_CONNECTIONS: 2\nRECORD_BUFFER: 2",
            "production.yaml": "HTTP_PORT: 9",
        ]
        let loaded = try await load(
            ["HTTP_PORT": "3", "REDIS_MAX_CONNECTIONS": "3"], files: files, commandLine: ["HTTP_PORT": "4"])
        #expect(loaded.findings.isEmpty)
        let settings = loaded.settings
        #expect(settings.http.port == 4)
        #expect(settings.redis.maximumConnections == 3)
        #expect(settings.recorder.bufferCapacity == 2)
        #expect(settings.limits.book.defaultValue.windows[3].limit == 21)
        #expect(settings.instance.environment == .staging)
        #expect(loaded.origins["HTTP_PORT"] == "command line")
        #expect(loaded.origins["REDIS_MAX_CONNECTIONS"] == "environment")
        #expect(loaded.origins["RECORD_BUFFER"]?.hasSuffix("/staging.yaml") == true)
        #expect(loaded.origins["HTTP_HOST"] == "default")
    }

    @Test("the records' bound of bytes can be none, and not so little that nothing fits")
    func boundsRecords() async throws {
        #expect(try await load(["RECORD_MAX_BYTES": "0"]).settings.recorder.maximumBytes == nil)
        #expect(try await load(["RECORD_MAX_BYTES": "0"]).findings.isEmpty)
        #expect(try await load(["RECORD_MAX_BYTES": "16777216"]).findings.isEmpty)
        #expect(try await load(["RECORD_MAX_BYTES": "16777215"]).findings.map(\.kind) == [.outOfRange])
        #expect(try await load(["RECORD_MAX_BYTES": "-1"]).findings.map(\.kind) == [.outOfRange])
    }

    @Test("production has limits of its own")
    func overridesInProduction() async throws {
        let defaultValue = try await load(["ENVIRONMENT": "production"]).settings.limits.book.defaultValue
        #expect(defaultValue.windows.map(\.limit) == [10, 120, 2000, 30])
        let changed = [
            "ENVIRONMENT": "production", "PRODUCTION_RATE_LIMIT_PER_HOUR": "3000", "RATE_LIMIT_BURST_WINDOW": "20",
        ]
        let book = try await load(changed).settings.limits.book
        #expect(book.defaultValue.windows.map(\.limit) == [10, 120, 3000, 30])
        #expect(book.defaultValue.windows[3].durationMilliseconds == 20_000)
    }

    @Test("organizations of any name have limits of their own, laid over each other window by window")
    func readsOrganizations() async throws {
        let files = [
            "parallax.yaml": #"""
            ENVIRONMENT: staging
            organizations:
              "acme.example": {minute: 600}
              "a:b {c} %\n😀": {second: 50, hour: 5000}
              42: {burst: 7}
            """#,
            "staging.yaml": "organizations:\n  \"acme.example\": {hour: 9000}\n",
        ]
        let loaded = try await load(files: files)
        #expect(loaded.errors.isEmpty)
        let book = loaded.settings.limits.book
        #expect(book.policy(for: "acme.example").windows.map(\.limit) == [10, 600, 9000, 20])
        #expect(book.policy(for: "a:b {c} %\n😀").windows.map(\.limit) == [50, 60, 5000, 20])
        #expect(book.policy(for: "42").windows.map(\.limit) == [10, 60, 1000, 7])
        #expect(book.policy(for: "acme") == .defaultValue)
    }

    @Test("lists come from YAML as lists or texts, and from the environment as texts")
    func readsLists() async throws {
        for text in ["[10.0.0.0/24, 'fd00::/64']", "10.0.0.0/24, fd00::/64", "\n  - 10.0.0.0/24\n  - fd00::/64"] {
            let loaded = try await load(files: ["parallax.yaml": "TRUSTED_PROXIES: \(text)"])
            #expect(loaded.findings.isEmpty)
            #expect(loaded.settings.http.trustedProxies.map(\.description) == ["10.0.0.0/24", "fd00::/64"])
        }
        let base = ["parallax.yaml": "TRUSTED_PROXIES: 10.0.0.0/8"]
        #expect(try await load(["TRUSTED_PROXIES": ""], files: base).settings.http.trustedProxies.isEmpty)
        let dry = try await load(["ROLLBACK_DRY_RUN": "redis_down , response_time"])
        #expect(dry.settings.rollback.dryRun == [.redisDown, .responseTime])
    }

    @Test("an empty variable and an empty YAML value say nothing")
    func ignoresEmptyValues() async throws {
        let loaded = try await load(
            ["HTTP_PORT": ""], files: ["parallax.yaml": "HTTP_HOST:\nREDIS_URL: ~\nHTTP_PORT: 99"])
        #expect(loaded.findings.isEmpty)
        #expect(loaded.settings.http.host == "127.0.0.1")
        #expect(loaded.settings.http.port == 99)
    }

    @Test("what the environment itself says about flags is kept apart from what files say")
    func knowsPins() async throws {
        let files = ["parallax.yaml": "DISTRIBUTED_RATE_LIMITING_ENABLED: true\nHYBRID_RATE_LIMITING: yes"]
        let flags = try await load(["DISTRIBUTED_RATE_LIMITING_ENABLED": "false"], files: files).settings.flags
        #expect(flags.pins == .init(distributedEnabled: false))
        #expect(flags.initial.strategy == .legacy)
        #expect(flags.initial.hybrid)
    }

    @Test("a comment-only, empty or missing file is not a mistake", arguments: ["", "# nothing\n", "---\n", "{}"])
    func acceptsEmptyFiles(text: String) async throws {
        #expect(try await load(files: ["parallax.yaml": text]).findings.isEmpty)
    }

    @Test("the files that come with the service load without a finding", arguments: DeploymentEnvironment.allCases)
    func loadsTheOwnFiles(environment: DeploymentEnvironment) async throws {
        try await withTemporaryFolder { folder in
            let loaded = await Settings.load(environment: [
                "CONFIG_DIRECTORY": Self.configFolder, "ENVIRONMENT": environment.rawValue,
                "FEATURE_FLAG_FILE": folder + "/flags.json", "DATABASE_PATH": folder + "/p.sqlite",
            ])
            #expect(loaded.findings.isEmpty, "\(loaded.findings)")
            #expect(loaded.settings.instance.environment == environment)
            #expect(loaded.settings.flags.initial.strategy == .hybrid)
            #expect(FileManager.default.fileExists(atPath: Self.configFolder + "/\(environment.rawValue).yaml"))
        }
    }

    @Test("a secret is not shown by printing what holds it")
    func hidesSecrets() async throws {
        let settings = try await load(["REDIS_URL": "redis://:hunter2@host:6379"]).settings
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] { #expect(!text.contains("hunter2")) }
    }
}
