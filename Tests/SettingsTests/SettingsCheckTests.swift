import ParallaxTesting
@testable import Settings
import DivergenceStore
import Foundation
import ParallaxCore
import RedisLimiting
import Testing

@Suite struct SettingsCheckTests {
    private func load(
        _ environment: [String: String], files: [String: String] = [:], openFileLimit: Int = 4096,
        redisURLProblem: @escaping @Sendable (String) -> String? = { RedisURL.problem(of: $0) }
    ) async throws -> [Finding] {
        try await withTemporaryFolder { folder in
            for (name, text) in files { try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8) }
            var environment = environment
            environment["CONFIG_DIRECTORY"] = environment["CONFIG_DIRECTORY"] ?? folder
            environment["FEATURE_FLAG_FILE"] = environment["FEATURE_FLAG_FILE"] ?? folder + "/flags.json"
            environment["DATABASE_PATH"] = environment["DATABASE_PATH"] ?? folder + "/parallax.sqlite"
            return await Settings.load(
                environment: environment, hostName: "host", redisURLProblem: redisURLProblem,
                openFileLimit: openFileLimit
            ).findings
        }
    }

    @Test(
        "a wrong value is an error that names the setting, its origin and what it must be",
        arguments: [
            ("RATE_LIMIT_PER_MINUTE", "sixty", Finding.Kind.wrongType, "\"sixty\""),
            ("RATE_LIMIT_PER_MINUTE", "60.0", .wrongType, "a whole number from 1"),
            ("RATE_LIMIT_PER_MINUTE", "0", .outOfRange, "\"0\""), ("HTTP_PORT", "65536", .outOfRange, "65535"),
            ("HTTP_PORT", "99999999999999999999", .wrongType, "a whole number"),
            ("HYBRID_RATE_LIMITING", "perhaps", .wrongType, "true or false"),
            ("REDIS_DECISION_TIMEOUT", "250ms", .wrongType, "a number of seconds"),
            ("REDIS_DECISION_TIMEOUT", "nan", .wrongType, "a number of seconds"),
            ("REDIS_DECISION_TIMEOUT", "0", .outOfRange, "0.001"),
            ("DISTRIBUTED_ENFORCEMENT_PERCENT", "101", .outOfRange, "100"),
            ("BASELINE_HOLDOUT_PERCENT", "50.1", .outOfRange, "50"),
            ("BASELINE_HOLDOUT_PERCENT", "-1", .outOfRange, "0"),
            ("BASELINE_HOLDOUT_PERCENT", "few", .wrongType, "a number from 0 to 50"),
            ("ENVIRONMENT", "prod", .wrongType, "development, staging, production"),
            ("LEGACY_ALGORITHM", "leaky", .wrongType, "sliding_log"), ("LOG_LEVEL", "loud", .wrongType, "notice"),
            ("TRUSTED_PROXIES", "10.0.0.0/8,localhost", .wrongType, "\"localhost\""),
            ("HTTP_ALLOWED_HOSTS", "a.example:80", .wrongType, "without a port"),
            ("ORGANIZATION_HEADER", "a b", .wrongType, "\"a b\""),
            ("ORGANIZATION_HEADER", "x-api-key", .wrongType, "\"x-api-key\""),
            ("IPV6_PREFIX_LENGTH", "129", .outOfRange, "128"), ("TRUSTED_HOPS", "0", .outOfRange, "from 1"),
            ("ROLLBACK_DRY_RUN", "redis_up", .wrongType, "redis_down"),
            ("RATE_LIMIT_PER_MINUTE", "6\u{1b}[31m0", .wrongType, "\\u{1b}"),
        ])
    func findsWrongValues(name: String, value: String, kind: Finding.Kind, part: String) async throws {
        let finding = try #require(try await load([name: value]).first)
        #expect(finding.severity == .error && finding.kind == kind && finding.setting == name)
        #expect(finding.origin == "environment")
        #expect(finding.problem.contains(part) && !finding.remedy.isEmpty, "\(finding)")
    }

    @Test(
        "a text that would show as another one is an error that names the character",
        arguments: [
            ("INSTANCE_ID", "a\u{202e}b", "U+202E"), ("INSTANCE_ID", "a\u{1b}[31m", "U+001B"),
            ("INSTANCE_ID", "a\nb", "U+000A"), ("INSTANCE_ID", "a\u{200b}b", "U+200B"),
            ("REDIS_KEY_PREFIX", "a\u{2028}", "U+2028"), ("FEATURE_FLAG_FILE", "/tmp/\u{feff}f.json", "U+FEFF"),
            ("ROLLBACK_DRY_RUN", "redis_down\u{200d}", "U+200D"), ("REDIS_URL", "redis://h\u{85}:6379", "U+0085"),
        ])
    func refusesHiddenCharacters(name: String, value: String, character: String) async throws {
        let findings = try await load([name: value]).filter { $0.setting == name && $0.severity == .error }
        #expect(findings.contains { $0.problem.contains(character) }, "\(findings)")
    }

    @Test("the name of an instance has a length that records have room for")
    func boundsInstanceNames() async throws {
        let finding = try await load(["INSTANCE_ID": String(repeating: "x", count: 1_001)]).first
        #expect(finding?.setting == "INSTANCE_ID" && finding?.kind == .outOfRange)
        #expect(try await load(["INSTANCE_ID": String(repeating: "x", count: 1_000)]).isEmpty)
    }

    @Test("more connections than the limit of open files has room for are an error that says how many fit")
    func findsMissingFiles() async throws {
        #expect(try await load(["HTTP_MAX_CONNECTIONS": "500"], openFileLimit: 1024).isEmpty)
        let findings = try await load(["HTTP_MAX_CONNECTIONS": "1024"], openFileLimit: 1024)
        #expect(findings.map(\.setting) == ["HTTP_MAX_CONNECTIONS"])
        #expect(findings.first?.kind == .impossibleCombination)
        #expect(findings.first?.problem.contains("1024") == true)
        let cluster = ["HTTP_MAX_CONNECTIONS": "700", "REDIS_URL": "redis+cluster://a:6379,b:6379"]
        #expect(try await load(cluster, openFileLimit: 1024).map(\.setting) == ["HTTP_MAX_CONNECTIONS"])
        #expect(try await load([:], openFileLimit: 64).map(\.setting) == ["HTTP_MAX_CONNECTIONS"])
    }

    @Test(
        "a limit for which Redis keeps a hundred thousand units of one caller is warned of, with its cost",
        arguments: [("99999", nil), ("100000", "0.8 MB"), ("1000000", "8.0 MB")] as [(String, String?)])
    func costlyLimits(limit: String, cost: String?) async throws {
        let high = [
            "RATE_LIMIT_PER_SECOND": "100000", "RATE_LIMIT_PER_MINUTE": "1000000", "RATE_LIMIT_BURST": "200000",
        ]
        let findings = try await load(high.merging(["RATE_LIMIT_PER_HOUR": limit]) { _, own in own })
            .filter { $0.kind == .risk && $0.setting == "RATE_LIMIT_PER_HOUR" }
        #expect(findings.count == (cost == nil ? 0 : 1))
        if let cost { #expect(findings.first?.problem.contains(cost) == true, "\(findings)") }
        let organization = "organizations: {big: {second: 1000000, minute: 1000000, hour: \(limit), burst: 1000000}}"
        let own = try await load([:], files: ["parallax.yaml": organization]).filter { $0.kind == .risk }
        #expect(own.contains { $0.problem.contains("organization \"big\"") } == (cost != nil), "\(own)")
    }

    @Test(
        "a combination that cannot work is an error at the setting that causes it",
        arguments: [
            (["ENVIRONMENT": "production", "FAIL_OPEN_ON_REDIS_ERROR": "true"], "FAIL_OPEN_ON_REDIS_ERROR"),
            (["ENVIRONMENT": "production", "EMBEDDED_REDIS": "true"], "EMBEDDED_REDIS"),
            (["REDIS_DECISION_TIMEOUT": "11"], "REDIS_DECISION_TIMEOUT"),
            (["ROLLBACK_ERROR_SHORT_WINDOW_SECONDS": "301"], "ROLLBACK_ERROR_SHORT_WINDOW_SECONDS"),
        ])
    func findsCombinations(environment: [String: String], setting: String) async throws {
        let findings = try await load(environment)
        #expect(findings.map(\.setting) == [setting])
        #expect(findings.first?.kind == .impossibleCombination)
        #expect(findings.first?.severity == .error)
    }

    @Test(
        "what can have no effect or is dangerous is a warning",
        arguments: [
            (
                ["HYBRID_RATE_LIMITING": "true", "DISTRIBUTED_RATE_LIMITING_ENABLED": "false"], "HYBRID_RATE_LIMITING",
                Finding.Kind.noEffect
            ),
            (
                ["DISTRIBUTED_ENFORCEMENT_PERCENT": "5", "HYBRID_RATE_LIMITING": "false"],
                "DISTRIBUTED_ENFORCEMENT_PERCENT", .noEffect
            ),
            (
                ["BASELINE_HOLDOUT_PERCENT": "5", "HYBRID_RATE_LIMITING": "false"], "BASELINE_HOLDOUT_PERCENT",
                .noEffect
            ),
            (["ENVIRONMENT": "production", "RATE_LIMIT_PER_MINUTE": "70"], "RATE_LIMIT_PER_MINUTE", .noEffect),
            (["EMBEDDED_REDIS": "true", "REDIS_URL": "redis://h"], "REDIS_URL", .noEffect),
            (["TRUSTED_PROXIES": "0.0.0.0/0"], "TRUSTED_PROXIES", .risk),
            (["TRUSTED_PROXIES": "::/0"], "TRUSTED_PROXIES", .risk),
            (["TRUSTED_PROXIES": "10.0.0.0/15"], "TRUSTED_PROXIES", .risk),
            (["TRUSTED_PROXIES": "10.0.0.0/16,fd00::/48,fd00::/47"], "TRUSTED_PROXIES", .risk),
            (["ORGANIZATION_HEADER": "X-Organization-Id"], "ORGANIZATION_HEADER", .noEffect),
            (["ROLLBACK_DRY_RUN": "redis_down,error_rate,response_time"], "ROLLBACK_DRY_RUN", .risk),
            (["RATE_LIMIT_PER_SECOND": "20"], "RATE_LIMIT_PER_SECOND", .noEffect),
            (["RATE_LIMIT_BURST": "100"], "RATE_LIMIT_BURST", .noEffect),
            (["RATE_LIMIT_PER_HOUR": "3600"], "RATE_LIMIT_PER_HOUR", .noEffect),
        ])
    func warns(environment: [String: String], setting: String, kind: Finding.Kind) async throws {
        let findings = try await load(environment)
        #expect(findings.map(\.setting) == [setting], "\(findings)")
        #expect(findings.first?.kind == kind)
        #expect(findings.first?.severity == .warning)
    }

    @Test(
        "an unknown variable that looks like ours is found, with the nearest name; others' variables are not",
        arguments: [
            ("RATE_LIMIT_PER_MINUT", Finding.Severity.error, "RATE_LIMIT_PER_MINUTE"),
            ("HTTP_PROT", .error, "HTTP_PORT"),
            ("REDIS_URI", .error, "REDIS_URL"), ("REDIS_SENTINEL", .warning, nil),
            ("RATE_LIMIT_PER_DAY", .warning, "RATE_LIMIT_PER_HOUR"),
            ("HTTP_PROXY", nil, nil), ("PATH", nil, nil), ("REDIS_PORT", nil, nil), ("REDIS_SERVICE_HOST", nil, nil),
            ("REDIS_PORT_6379_TCP_ADDR", nil, nil), ("HOSTNAME", nil, nil),
        ] as [(String, Finding.Severity?, String?)])
    func findsUnknownVariables(name: String, severity: Finding.Severity?, nearest: String?) async throws {
        let findings = try await load([name: "1"])
        #expect(findings.first?.severity == severity)
        #expect(findings.count == (severity == nil ? 0 : 1))
        if let nearest { #expect(findings.first?.remedy.contains(nearest) == true, "\(findings)") }
        #expect(findings.allSatisfy { $0.kind == .unknownKey })
    }

    @Test("an unknown name in a file is an error that names the file")
    func findsUnknownNames() async throws {
        let findings = try await load(
            [:], files: ["parallax.yaml": "RATE_LIMITS_PER_MINUTE: 3\nfoo: {bar: [1, {x: y}]}"])
        #expect(findings.allSatisfy { $0.severity == .error && $0.origin.hasSuffix("/parallax.yaml") })
        #expect(findings.contains { $0.kind == .unknownKey && $0.remedy.contains("RATE_LIMIT_PER_MINUTE") })
        #expect(findings.contains { $0.kind == .unknownKey && $0.setting == "\"foo\"" })
    }

    @Test("what picks the files cannot stand in them")
    func findsMisplacedNames() async throws {
        let files = ["parallax.yaml": "CONFIG_DIRECTORY: x", "development.yaml": "ENVIRONMENT: production"]
        let findings = try await load([:], files: files)
        #expect(Set(findings.map(\.setting)) == ["CONFIG_DIRECTORY", "ENVIRONMENT"])
    }

    @Test(
        "a file of the wrong form is an error, and none of its text is shown",
        arguments: [
            "REDIS_URL: redis://:hunter2@h\nREDIS_URL: redis://:hunter2@i", "a: [hunter2", "- hunter2", "hunter2",
            "REDIS_URL: [redis://:hunter2@h]", "REDIS_URL: {a: hunter2}", "REDIS_URL: 'hunter2",
            "organizations: [hunter2]", "organizations: {a: hunter2}", "organizations: {a: {minute: hunter2}}",
            "organizations: {a: {minute: 0}}", "organizations: {a: {day: 4}}", "organizations: {'': {minute: 4}}",
        ])
    func findsBadForms(text: String) async throws {
        let findings = try await load([:], files: ["parallax.yaml": text])
        #expect(findings.contains { $0.severity == .error }, "\(findings)")
        #expect(findings.allSatisfy { !$0.description.contains("hunter2") }, "\(findings)")
    }

    @Test("a file that is not text is an error")
    func findsOtherEncodings() async throws {
        try await withTemporaryFolder { folder in
            try Data([0xff, 0xfe, 0x00]).write(to: URL(fileURLWithPath: folder + "/parallax.yaml"))
            let findings = try await load(["CONFIG_DIRECTORY": folder])
            #expect(findings.map(\.kind) == [.unusableFile])
        }
    }

    @Test("a named pipe as a file of settings is refused and not waited for", .timeLimit(.minutes(1)))
    func refusesPipe() async throws {
        try await withTemporaryFolder { folder in
            try #require(mkfifo(folder + "/parallax.yaml", 0o600) == 0)
            let findings = try await load(["CONFIG_DIRECTORY": folder])
            #expect(findings.map(\.kind) == [.unusableFile])
        }
    }

    @Test(
        "a file or folder that is named and not usable is an error",
        arguments: ["ADMIN_TOKEN_FILE", "CONFIG_DIRECTORY", "DATABASE_PATH", "FEATURE_FLAG_FILE"])
    func findsMissingFiles(name: String) async throws {
        // A file where there should be a folder: that no one can make.
        let findings = try await load([name: "/dev/null/file"])
        #expect(findings.map(\.kind) == [.unusableFile])
        #expect(findings.first?.severity == .error)
    }

    @Test("a database in a folder that is not there is a warning, since the service starts without its record")
    func warnsOfMissingFolder() async throws {
        let findings = try await load(["DATABASE_PATH": "/nowhere/deep/parallax.sqlite"])
        #expect(findings.map(\.kind) == [.unusableFile])
        #expect(findings.first?.severity == .warning)
        #expect(findings.first?.problem.contains("does not exist") == true)
    }

    /// What stands at a path, in an order in which the first that is wrong is said.
    private static let places: [(path: String, severity: Finding.Severity, says: String)] = [
        ("/proc/flags", .error, "(proc)"), ("/proc/self/status", .error, "(proc)"),
        ("/proc/nothing/here", .error, "(proc)"),
        ("/sys/flags", .error, "(sysfs)"), ("/dev/null", .error, "a pipe, a socket or a device"),
        ("~/file/flags", .error, "is a file"), ("~/file/deep/flags", .error, "on the way to"),
        ("~/circle", .error, "symbolic link in a loop"), ("~/folder", .error, "is a folder"),
        ("~/new/", .error, "is a folder"), ("~/\(String(repeating: "n", count: 300))", .error, "longer than paths"),
        ("~/lost", .error, "dangling symbolic link"),
    ]

    @Test("of a path the first thing that is wrong is said, and nothing is made there", arguments: places.indices)
    func namesPlaces(index: Int) async throws {
        let place = Self.places[index]
        try await withTemporaryFolder { folder in
            let files = FileManager.default
            #expect(files.createFile(atPath: folder + "/file", contents: Data("x".utf8)))
            try files.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: false)
            try files.createSymbolicLink(atPath: folder + "/lost", withDestinationPath: folder + "/nowhere")
            try files.createSymbolicLink(atPath: folder + "/circle", withDestinationPath: folder + "/circle")
            let before = try files.contentsOfDirectory(atPath: folder).sorted()
            let path = place.path.replacingOccurrences(of: "~", with: folder)
            for setting in ["FEATURE_FLAG_FILE", "DATABASE_PATH"] {
                let findings = try await load([setting: path]).filter { $0.kind == .unusableFile }
                let finding = try #require(findings.first)
                #expect(findings.count == 1 && finding.setting == setting)
                #expect(finding.problem.contains(place.says))
                // A dangling link may lead to a disk that comes back.
                #expect(
                    finding.severity
                        == (setting == "DATABASE_PATH" && place.path == "~/lost" ? .warning : place.severity))
            }
            #expect(try files.contentsOfDirectory(atPath: folder).sorted() == before)
        }
    }

    @Test("a database path that is a folder is an error")
    func refusesFolder() async throws {
        let findings = try await load(["DATABASE_PATH": "/tmp"])
        #expect(findings.map(\.severity) == [.error])
    }

    @Test(
        "a secret that others may write is refused, and one that others may read is a risk",
        arguments: ["ADMIN_TOKEN_FILE", "REDIS_PASSWORD_FILE", "ALERT_TOKEN_FILE", "RESPONSE_TIMES_TOKEN_FILE"])
    func checksSecretFiles(setting: String) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/secret"
            try "a-secret-of-some-length\n".write(toFile: path, atomically: true, encoding: .utf8)
            var environment = [setting: path]
            if setting == "ALERT_TOKEN_FILE" { environment["ALERT_URLS"] = "https://alerts.example" }
            let cases: [(Int, [Finding.Kind])] = [(0o600, []), (0o644, [.risk]), (0o666, [.unusableFile])]
            for (mode, expected) in cases {
                chmod(path, mode_t(mode))
                let findings = try await load(environment).filter { $0.setting == setting }
                #expect(findings.map(\.kind) == expected)
            }
        }
    }

    @Test("a database that others may read, and a folder of flags that others may write, are risks")
    func findsOpenFiles() async throws {
        try await withTemporaryFolder { folder in
            let (database, shared) = (folder + "/parallax.sqlite", folder + "/shared")
            try DivergenceStore(path: database).close()
            try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: false)
            let environment = ["DATABASE_PATH": database, "FEATURE_FLAG_FILE": shared + "/flags.json"]
            #expect(try await load(environment).isEmpty)
            chmod(database, 0o644)
            chmod(shared, 0o777)
            let findings = try await load(environment)
            #expect(findings.map(\.kind) == [.risk, .risk])
            #expect(findings.map(\.setting) == ["DATABASE_PATH", "FEATURE_FLAG_FILE"])
        }
    }

    @Test("network file systems are known by their names, and local ones are none")
    func knowsNetworkFileSystems() {
        let mounts = """
            24 1 254:0 / / rw,discard shared:1 - ext4 /dev/vda rw
            36 24 0:45 / /mnt/shared rw,relatime shared:20 master:1 - nfs4 server:/export rw,vers=4.2
            37 24 0:46 / /mnt/bucket rw - fuse.s3fs s3fs rw
            """
        #expect(FileSystemType(ofDevice: 45, mounts: mounts)?.isNetwork == true)
        #expect(FileSystemType(ofDevice: 46, mounts: mounts)?.isNetwork == true)
        #expect(FileSystemType(ofDevice: 254 << 8, mounts: mounts)?.isNetwork == false)
        #expect(FileSystemType(ofDevice: 47, mounts: mounts) == nil)
    }

    @Test("a check of the database names one that cannot be used, and none that can")
    func checksTheDatabase() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/parallax.sqlite"
            let environment = [
                "CONFIG_DIRECTORY": folder, "FEATURE_FLAG_FILE": folder + "/flags.json", "DATABASE_PATH": path,
            ]
            let loaded = await Settings.load(environment: environment, hostName: "host")
            #expect(loaded.checkingDatabase().findings.isEmpty)
            try DivergenceStore(path: path).close()
            #expect(loaded.checkingDatabase().findings.isEmpty)
            try "no database, but long enough to be looked at".write(toFile: path, atomically: true, encoding: .utf8)
            let findings = loaded.checkingDatabase().findings
            #expect(findings.map(\.kind) == [.unusableFile])
            #expect(findings.map(\.severity) == [.warning])
            #expect(findings.first?.problem.contains("not an SQLite database") == true)
        }
    }

    @Test("an address that is not a Redis's is refused, and never shown")
    func checksTheRedisURL() async throws {
        for url in [
            "hunter2", "http://hunter2", "redis:hunter2", "redis://:hunter2", "hunter2://h", "redis://h/hunter2",
            "redis://a,b/hunter2", "unix://hunter2", "redis://u:hunter2/@h", "redis+sentinel://:hunter2/m",
            "redis+sentinel://a/m/hunter2", "redis+sentinel://a/m?hunter2", "redis+sentinel://a/m?hunter2=1",
            "redis+sentinel://a/m?sentinel_tls=hunter2", "redis+sentinel://a/m?sentinel_password=%hunter2",
            "redis+cluster://a:hunter2", "redis+cluster://a/hunter2", "redis+cluster://a?db=hunter2",
            "redis-cluster://hunter2",
        ] {
            let findings = try await load(["REDIS_URL": url])
            #expect(findings.map(\.setting) == ["REDIS_URL"], "\(url)")
            #expect(findings.allSatisfy { !$0.description.contains("hunter2") })
        }
        let findings = try await load(
            ["REDIS_URL": "redis://h/x"], redisURLProblem: { _ in "its database is not a number" })
        #expect(findings.first?.problem == "its database is not a number")
        for url in ["unix:///run/redis.sock", "redis+sentinel://a,b/m/0", "rediss+cluster://:pw@a,b"] {
            #expect(try await load(["REDIS_URL": url]).isEmpty)
        }
    }

    @Test("everything is found at once")
    func findsAll() async throws {
        let findings = try await load(
            [
                "RATE_LIMIT_PER_MINUTE": "x", "HTTP_PORT": "70000", "ENVIRONMENT": "production",
                "FAIL_OPEN_ON_REDIS_ERROR": "on", "ROLLBACK_EROR_RATE_PERCENT": "5", "ADMIN_TOKEN_FILE": "/nonexistent",
            ], files: ["production.yaml": "HTTP_HOSTS: x"])
        #expect(
            Set(findings.filter { $0.severity == .error }.map(\.kind)) == [
                .wrongType, .outOfRange, .impossibleCombination, .unknownKey, .unusableFile,
            ])
    }

    @Test("a Redis that answers and refuses is not said to be silent, and what is risky is a warning")
    func tellsRefusalsApart() async throws {
        let loaded = await Settings.load(
            environment: ["CONFIG_DIRECTORY": "/tmp", "FEATURE_FLAG_FILE": "/tmp/f.json"], hostName: "host")
        let refused = await loaded.checkingRedis { _ in RedisCheck(error: RedisError(.unauthorized, "wrong password")) }
        let finding = try #require(refused.findings.first)
        #expect(finding.kind == .unreachable && finding.problem.hasPrefix("Redis refuses this user"))
        let risky = await loaded.checkingRedis { _ in
            RedisCheck(warnings: [.eviction(policy: "allkeys-lru")])
        }
        #expect(risky.errors.isEmpty && risky.warnings.map(\.kind) == [.risk])
    }

    @Test("a Redis that does not answer is told apart, and not asked where its address is wrong")
    func tellsUnreachableApart() async throws {
        let loaded = await Settings.load(
            environment: ["CONFIG_DIRECTORY": "/tmp", "FEATURE_FLAG_FILE": "/tmp/f.json"], hostName: "host")
        let checked = await loaded.checkingRedis { _ in
            RedisCheck(error: RedisError(.disconnected, "connection refused"))
        }
        #expect(checked.findings.map(\.kind) == [.unreachable])
        #expect(await loaded.checkingRedis { _ in RedisCheck() } == loaded)
        let wrong = await Settings.load(
            environment: ["CONFIG_DIRECTORY": "/tmp", "FEATURE_FLAG_FILE": "/tmp/f.json", "REDIS_URL": "x"],
            hostName: "host")
        #expect(await wrong.checkingRedis { _ in RedisCheck(error: RedisError(.server, "never asked")) } == wrong)
    }

    @Test(
        "a name's distance counts slips of the pen",
        arguments: [
            ("", "", 0), ("abc", "abc", 0), ("abc", "ab", 1), ("abc", "acb", 1), ("abc", "xbc", 1), ("", "ab", 2),
            ("ca", "abc", 3),
        ])
    func measuresDistance(left: String, right: String, distance: Int) {
        #expect(EditDistance.between(left, right) == distance)
        #expect(EditDistance.between(right, left) == distance)
    }
}
