import Foundation
import Testing

/// Set-ups with which the service does not start, or starts without a part: `serve` and `config check` agree about each.
@Suite struct RefusedStartTests {
    /// An instance that starts, in legacy and with nothing at Redis's address.
    private static let defaultValue = [
        "CONFIG_DIRECTORY": "~", "DATABASE_PATH": "~/a.sqlite", "FEATURE_FLAG_FILE": "~/flags.json",
        "HTTP_PORT": "0", "DISTRIBUTED_RATE_LIMITING_ENABLED": "false", "REDIS_URL": "unix://~/no.sock",
    ]

    /// Runs a command in a folder that `~` stands for, with a file `text` in it.
    private func run(_ arguments: [String], _ environment: [String: String]) async throws -> ParallaxBinary.Output {
        try await withFolder { folder in
            try Data("x".utf8).write(to: folder.appending(path: "text"))
            return try await ParallaxBinary.run(
                arguments,
                environment: Self.defaultValue.merging(environment) { $1 }
                    .mapValues { $0.replacingOccurrences(of: "~", with: folder.path) }, keepsInput: true)
        }
    }

    @Test(
        "what serve refuses config check finds, and nothing is greeted before the refusal",
        arguments: [
            (["HTTP_HOST": "203.0.113.7"], "HTTP_HOST"), (["HTTP_HOST": "no.such.host.invalid"], "HTTP_HOST"),
            (["HTTP_PORT": "eighty"], "HTTP_PORT"),
            (["ENVIRONMENT": "production", "FAIL_OPEN_ON_REDIS_ERROR": "true"], "FAIL_OPEN_ON_REDIS_ERROR"),
            (["ENVIRONMENT": "production", "EMBEDDED_REDIS": "true"], "EMBEDDED_REDIS"),
            (["EMBEDDED_REDIS": "true", "PATH": "/nonexistent"], "redis-server"),
            (["ADMIN_TOKEN_FILE": "~/missing"], "ADMIN_TOKEN_FILE"),
            (["ADMIN_TOKEN_FILE": "~/text"], "ADMIN_TOKEN_FILE"),
            (["IDENTITY_PRIVACY": "hashed"], "IDENTITY_PRIVACY"),
            (["IDENTITY_PRIVACY": "hashed", "IDENTITY_PRIVACY_KEY_FILE": "~/text"], "IDENTITY_PRIVACY_KEY_FILE"),
            (["ALERT_URLS": "nonsense"], "ALERT_URLS"),
            (["ALERT_URLS": "http://a", "ALERT_TOKEN_FILE": "~/no"], "ALERT_TOKEN"),
            (["REDIS_URL": "http://h"], "REDIS_URL"), (["REDIS_PASSWORD_FILE": "~/no"], "REDIS_PASSWORD_FILE"),
            (["REDIS_URL": "rediss://h", "REDIS_CA_FILE": "~/text"], "REDIS_CA_FILE"),
            (["DATABASE_PATH": "~"], "DATABASE_PATH"), (["FEATURE_FLAG_FILE": "~"], "FEATURE_FLAG_FILE"),
            (["CONFIG_DIRECTORY": "~/none"], "none"), (["RATE_LIMIT_PER_MINUT": "1"], "RATE_LIMIT_PER_MINUTE"),
        ] as [([String: String], String)])
    func refused(environment: [String: String], name: String) async throws {
        let service = try await run(["serve", "--exit-when-stdin-closes"], environment)
        #expect([69, 78].contains(service.status), "\(service.status): \(service.errors)")
        #expect(service.errors.contains(name), "\(service.errors)")
        #expect(service.text.isEmpty && !service.errors.contains("CancellationError"), "\(service.errors)")
        let check = try await run(["config", "check", "--offline"], environment)
        #expect(check.status == 78, "\(check.text)")
        #expect(check.text.contains(name) && check.text.contains("a service does not start"), "\(check.text)")
    }

    @Test(
        "what config check only warns of does not keep serve from starting", .timeLimit(.minutes(1)),
        arguments: [
            [:], ["DATABASE_PATH": "~/none/a.sqlite"], ["DATABASE_PATH": "~/text"],
            ["ROLLBACK_DRY_RUN": "redis_down,error_rate,response_time"],
        ] as [[String: String]])
    func started(environment: [String: String]) async throws {
        let check = try await run(["config", "check", "--offline"], environment)
        #expect(check.status == 0 && !check.text.contains("does not start"), "\(check.text)")
        try await withFolder { folder in
            try Data("x".utf8).write(to: folder.appending(path: "text"))
            let service = try await ParallaxProcess(
                environment: Self.defaultValue.merging(environment) { $1 }
                    .mapValues { $0.replacingOccurrences(of: "~", with: folder.path) })
            #expect(await service.terminate() == 0)
        }
    }

    @Test("a Redis that is away is told apart: the service starts without it")
    func redisAway() async throws {
        let check = try await run(["config", "check"], [:])
        #expect(check.status == 69, "\(check.text)")
        #expect(check.text.contains("a service starts with these settings"), "\(check.text)")
    }

    @Test("a port in use is named by serve first and only, and config check warns of it")
    func portInUse() async throws {
        try await withFolder { folder in
            let running = try await ParallaxProcess(environment: [
                "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": folder.appending(path: "b.sqlite").path,
                "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path,
                "DISTRIBUTED_RATE_LIMITING_ENABLED": "false",
            ])
            let port = try #require(running.url.split(separator: ":").last.map(String.init))
            let service = try await run(["serve", "--exit-when-stdin-closes"], ["HTTP_PORT": port])
            #expect(service.status == 78 && service.text.isEmpty)
            #expect(service.errors.contains("another program listens there already"), "\(service.errors)")
            #expect(!service.errors.contains("CancellationError"), "\(service.errors)")
            let check = try await run(["config", "check", "--offline"], ["HTTP_PORT": port])
            #expect(check.status == 0 && check.text.contains("HTTP_PORT"), "\(check.text)")
            await running.terminate()
        }
    }

    private static let fakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"

    @Test(
        "a library that is loaded before the others takes no arguments away",
        .enabled(if: FileManager.default.fileExists(atPath: fakeTime), "libfaketime is such a library"))
    func preloaded() async throws {
        let output = try await run(["flags", "history"], ["LD_PRELOAD": Self.fakeTime, "FAKETIME": "+2d"])
        #expect(output.status == 66 && output.errors.contains("no database"), "\(output.text)")
        #expect(
            try await run(["limits", "status", "", "--url", "http://127.0.0.1:1"], ["LD_PRELOAD": Self.fakeTime]).status
                == 77)
    }

    @Test("what a command line holds reaches no terminal as it is")
    func escapes() async throws {
        for arguments in [["report", "--since", "\u{1b}[31mx"], ["\u{1b}]0;x\u{7}"], ["report", "--\u{202e}x"]] {
            let output = try await ParallaxBinary.run(arguments)
            #expect(output.status == 64)
            let hostile = output.errors.unicodeScalars.filter { $0 != "\n" && ($0.value < 0x20 || $0 == "\u{202e}") }
            #expect(hostile.isEmpty, "\(output.errors.debugDescription)")
        }
        #expect(try await ParallaxBinary.run(["--help"]).status == 0)
    }
}
