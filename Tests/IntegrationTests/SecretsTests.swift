import Foundation
import ParallaxTesting
import RedisLimiting
import Testing

/// What the built binary prints and answers where the way to Redis holds a secret.
@Suite struct SecretsTests {
    private static let secret = "hunter2"

    private static func environment(_ folder: URL, _ more: [String: String]) -> [String: String] {
        [
            "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
            "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path, "REDIS_CONNECTION_TIMEOUT": "10",
        ].merging(more) { $1 }
    }

    @Test("a service with a wrong password shows it in no log line, greeting, health, metric or answer")
    func serves() async throws {
        try await withFolder { folder in
            try await withPrivateRedis(password: "right") { redis in
                let tokenFile = folder.appending(path: "token")
                try Data("0123456789abcdef".utf8).write(to: tokenFile)
                let errors = folder.appending(path: "errors.log")
                let service = try await ParallaxProcess(
                    environment: Self.environment(
                        folder,
                        [
                            "REDIS_URL": "unix://:\(Self.secret)@\(redis.socketPath)", "LOG_LEVEL": "trace",
                            "HYBRID_RATE_LIMITING": "false", "ADMIN_TOKEN_FILE": tokenFile.path,
                            "REFUSAL_CACHE_MAX_IDENTITIES": "10",
                        ]), errors: errors)
                var printed = [service.greeting]
                let check = try await service.check("someone")
                #expect(check.status == 503)
                printed.append("\(check.headers) \(check.body)")
                let admin = ["Authorization": "Bearer 0123456789abcdef"]
                let reset = try await service.post(
                    "/v1/limits/reset", headers: admin, #"{"identifier":"somebody"}"#)
                printed.append(reset.body)
                for path in ["/health", "/api/system/rate-limit/health", "/metrics", "/v1/flags"] {
                    printed.append(try await service.get(path, headers: admin).body)
                }
                await service.terminate()
                let log = try String(contentsOf: errors, encoding: .utf8)
                #expect(log.contains("no connection to Redis"))
                for text in printed + [log] { #expect(!text.contains(Self.secret), "\(text)") }
            }
        }
    }

    @Test("the check of the settings says that the login is refused, and how to fix it, without the password")
    func checksWrongPassword() async throws {
        try await withFolder { folder in
            let file = folder.appending(path: "password")
            try Data("\(Self.secret)\n".utf8).write(to: file)
            try await withPrivateRedis(password: "right") { redis in
                let addresses = [
                    ["REDIS_URL": "unix://:\(Self.secret)@\(redis.socketPath)"],
                    ["REDIS_URL": "unix://\(redis.socketPath)", "REDIS_PASSWORD_FILE": file.path],
                    ["REDIS_URL": "unix://ann@\(redis.socketPath)", "REDIS_PASSWORD_FILE": file.path],
                ]
                for address in addresses {
                    let output = try await Self.check(folder, address)
                    #expect(output.status == 69)
                    #expect(output.text.contains("credentials") && !output.text.contains(Self.secret), "\(output.text)")
                }
            }
        }
    }

    @Test(
        "a malformed address or file shows nothing of the password that it holds",
        arguments: [
            "redis://ann:hunter2", "redis://:hunter2", "redis://ann:hunter2/@host", "redis://ann:hunter2?@host",
            "redis://host/hunter2", "redis://host?hunter2", "hunter2://host", "hunter2", "unix://hunter2",
            "redis://ann:hunter2@host:0", "redis://ann:hunter2@a,b", "redis://ann:hunter2%4@host",
            "rediss://ann:hunter2@::1", "redis://ann:hunter2@host/-1", "unix:///p?password=hunter2",
        ])
    func checksMalformed(_ address: String) async throws {
        try await withFolder { folder in
            let output = try await Self.check(folder, ["REDIS_URL": address])
            #expect(output.status == 78)
            #expect(output.text.contains("REDIS_URL") && !output.text.contains(Self.secret), "\(output.text)")
        }
    }

    /// What `config check` prints, in words and as JSON.
    private static func check(
        _ folder: URL, _ address: [String: String]
    ) async throws -> (status: Int32, text: String) {
        let environment = environment(folder, address)
        let words = try await ParallaxBinary.run(["config", "check"], environment: environment)
        let json = try await ParallaxBinary.run(["config", "check", "--json"], environment: environment)
        #expect(words.status == json.status)
        return (words.status, words.text + words.errors + json.text + json.errors)
    }
}
