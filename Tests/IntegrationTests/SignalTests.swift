@testable import Settings
import DivergenceStore
import Foundation
import GRDB
import NIOCore
import ParallaxTesting
import RedisLimiting
import Testing

/// What signals do to the built binary.
@Suite struct SignalTests {
    /// A folder of settings and the instance that was started with it.
    private struct World {
        let folder: URL
        let service: ParallaxProcess

        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }

        func send(_ signal: Int32) { kill(service.processIdentifier, signal) }

        var log: String {
            get throws { String(decoding: try Data(contentsOf: folder.appending(path: "log")), as: UTF8.self) }
        }

        /// The limit of the window of a minute in an answer.
        func limit(of organization: String? = nil) async throws -> Int? {
            let windows = try await service.check("looking", organization: organization, cost: 0).json()["windows"]
            let minute = (windows as? [[String: Any]])?.first { $0["name"] as? String == "minute" }
            return minute?["limit"] as? Int
        }
    }

    private func withWorld(
        yaml: String, environment: [String: String] = [:], files: [String: String] = [:],
        _ body: (World) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            for (name, text) in files.merging(["parallax.yaml": yaml], uniquingKeysWith: { $1 }) {
                try Data(text.utf8).write(to: folder.appending(path: name))
            }
            let service = try await ParallaxProcess(
                environment: [
                    "CONFIG_DIRECTORY": folder.path, "DATABASE_PATH": folder.appending(path: "a.sqlite").path,
                    "FEATURE_FLAG_FILE": folder.appending(path: "flags.json").path, "LOG_LEVEL": "notice",
                    "DISTRIBUTED_RATE_LIMITING_ENABLED": "false",
                ].merging(environment.mapValues { $0.replacingOccurrences(of: "~", with: folder.path) }) { $1 },
                errors: folder.appending(path: "log"))
            try await body(World(folder: folder, service: service))
        }
    }

    @Test("SIGHUP applies new limits to the next requests and names what changed", .timeLimit(.minutes(1)))
    func reloadsLimits() async throws {
        try await withWorld(yaml: "RATE_LIMIT_PER_MINUTE: 40") { world in
            #expect(try await world.limit() == 40)
            try world.write(
                "RATE_LIMIT_PER_MINUTE: 41\nRECORD_BUFFER: 9\norganizations: {acme: {minute: 7}}", to: "parallax.yaml")
            world.send(SIGHUP)
            try await eventually("the new limit holds") { try await world.limit() == 41 }
            #expect(try await world.limit(of: "acme") == 7)
            try await eventually("the log says so") { try world.log.contains("take effect at the next start") }
            let log = try world.log
            #expect(log.contains("RATE_LIMIT_PER_MINUTE") && log.contains("RECORD_BUFFER"))
            #expect(await world.service.terminate() == 0)
        }
    }

    @Test("an invalid setting keeps everything as it was, and a corrected one is taken", .timeLimit(.minutes(1)))
    func refusesInvalid() async throws {
        try await withWorld(yaml: "RATE_LIMIT_PER_MINUTE: 40") { world in
            try world.write("RATE_LIMIT_PER_MINUTE: 41\nRATE_LIMIT_PER_HOUR: many", to: "parallax.yaml")
            world.send(SIGHUP)
            try await eventually("it is refused") { try world.log.contains("all keep their values") }
            #expect(try world.log.contains("RATE_LIMIT_PER_HOUR"))
            #expect(try await world.limit() == 40)
            try world.write("RATE_LIMIT_PER_MINUTE: 42", to: "parallax.yaml")
            world.send(SIGHUP)
            try await eventually("it is taken") { try await world.limit() == 42 }
        }
    }

    @Test("a new admin token and a new password of Redis are taken from their files", .timeLimit(.minutes(2)))
    func rotatesSecrets() async throws {
        try await withPrivateRedis(arguments: ["--user", "ann", "on", ">first", "~*", "&*", "+@all"]) { redis in
            try await withWorld(
                yaml: "",
                environment: [
                    "REDIS_URL": "unix://ann@\(redis.socketPath)", "REDIS_PASSWORD_FILE": "~/password",
                    "ADMIN_TOKEN_FILE": "~/token", "RESPONSE_TIMES_TOKEN_FILE": "~/times",
                    "DISTRIBUTED_RATE_LIMITING_ENABLED": "true",
                    "HYBRID_RATE_LIMITING": "false", "REDIS_DECISION_TIMEOUT": "5",
                ],
                files: [
                    "password": "first\n", "token": "first-token-of-some-length\n",
                    "times": "third-token-of-some-length\n",
                ]
            ) { world in
                func admin(_ token: String) async throws -> Int {
                    try await world.service.get("/v1/flags", headers: ["Authorization": "Bearer \(token)"]).status
                }
                try await eventually("Redis decides") { try await world.service.check("a").status == 200 }
                try await redis.ask("ACL", "SETUSER", "ann", "resetpass", ">second")
                try world.write("second\n", to: "password")
                try world.write("second-token-of-some-length\n", to: "token")
                try world.write("fourth-token-of-some-length\n", to: "times")
                // Both are their user's only until then.
                for (name, mode) in [("times", 0o644), ("token", 0o600)] {
                    #expect(chmod(world.folder.appending(path: name).path, mode_t(mode)) == 0)
                }
                #expect(try await admin("second-token-of-some-length") == 401)
                world.send(SIGHUP)
                try await eventually("the token is taken") { try await admin("second-token-of-some-length") == 200 }
                #expect(try await admin("first-token-of-some-length") == 401)
                let log = try world.log
                #expect(log.contains("content of REDIS_PASSWORD_FILE") && log.contains("content of ADMIN_TOKEN_FILE"))
                #expect(log.contains("content of RESPONSE_TIMES_TOKEN_FILE"))
                try await eventually("the log warns of the open secret") {
                    try world.log.contains("RESPONSE_TIMES_TOKEN_FILE (environment): the file")
                }
                try await redis.ask("CLIENT", "KILL", "USER", "ann")
                try await eventually("Redis decides again") { try await world.service.check("b").status == 200 }
                #expect(await world.service.terminate() == 0)
            }
        }
    }

    @Test(
        "signals that mean nothing here end nothing, and SIGTERM and SIGINT lose nothing that is buffered",
        .timeLimit(.minutes(1)), arguments: [SIGTERM, SIGINT])
    func losesNothing(last: Int32) async throws {
        try await withPrivateRedis { redis in
            try await withWorld(
                yaml: "",
                environment: [
                    "REDIS_URL": redis.url.description, "DISTRIBUTED_RATE_LIMITING_ENABLED": "true",
                    "HYBRID_RATE_LIMITING": "true", "RECORD_FLUSH_INTERVAL": "3600",
                ]
            ) { world in
                for number in 0..<50 { _ = try await world.service.check("client-\(number)") }
                let unused = [
                    SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT, SIGXFSZ,
                ]
                for signal in unused + (__libc_current_sigrtmin()...__libc_current_sigrtmax()) { world.send(signal) }
                try await eventually("SIGHUP took effect") { try world.log.contains("Settings were read again") }
                #expect(try await world.service.get("/health/ready").status == 200)
                world.send(last)
                #expect(await world.service.exitStatus() == 0)
                let database = world.folder.appending(path: "a.sqlite").path
                let report = try await DivergenceStore.report(of: [try DivergenceStore(readingFrom: database)])
                #expect(report.compared + report.incomparable.values.reduce(0, +) == 50)
            }
        }
    }

    @Test(
        "SIGQUIT and SIGABRT end the process at once, for a core", .timeLimit(.minutes(1)),
        arguments: [SIGQUIT, SIGABRT])
    func endsAtOnce(signal: Int32) async throws {
        // While Swift's runtime prints backtraces, it goes on after the first such signal that another process sent.
        try await withWorld(yaml: "", environment: ["SWIFT_BACKTRACE": "enable=no"]) { world in
            world.send(signal)
            #expect(await world.service.exitStatus() != 0)
        }
    }

    @Test(
        "what is buffered behind a locked database is written if the lock ends while the service does",
        .timeLimit(.minutes(1)))
    func waitsForLock() async throws {
        try await withPrivateRedis { redis in
            try await withWorld(
                yaml: "",
                environment: [
                    "REDIS_URL": redis.url.description, "DISTRIBUTED_RATE_LIMITING_ENABLED": "true",
                    "HYBRID_RATE_LIMITING": "true", "RECORD_FLUSH_INTERVAL": "3600",
                ]
            ) { world in
                let database = world.folder.appending(path: "a.sqlite").path
                for number in 0..<50 { _ = try await world.service.check("client-\(number)") }
                var configuration = Configuration()
                configuration.allowsUnsafeTransactions = true
                configuration.busyMode = .timeout(30)
                let other = try DatabaseQueue(path: database, configuration: configuration)
                try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
                world.send(SIGTERM)
                let port = try #require(URL(string: world.service.url)?.port)
                try await eventually("the listener is closed") { await !LoopbackPort.isOpen(port) }
                try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
                try other.close()
                #expect(await world.service.exitStatus() == 0)
                let report = try await DivergenceStore.report(of: [try DivergenceStore(readingFrom: database)])
                #expect(report.compared + report.incomparable.values.reduce(0, +) == 50)
                #expect(try !world.log.contains("out of memory"))
            }
        }
    }

    @Test(
        "a client that never ends its request does not hold up the end, nor what is to be written",
        .timeLimit(.minutes(1)))
    func endsBesideSlowClient() async throws {
        try await withWorld(yaml: "", environment: ["RECORD_FLUSH_INTERVAL": "3600"]) { world in
            let port = try #require(URL(string: world.service.url)?.port)
            let head = "POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"
            let client = try await LoopbackPort.connect(port, sending: head)
            // It has begun once a later request has been answered.
            #expect(try await world.service.check("a").status == 200)
            world.send(SIGTERM)
            #expect(await world.service.exitStatus() == 0)
            try? await client.close().get()
            #expect(try !world.log.contains("out of memory"))
        }
    }

    @Test("after SIGTERM an instance says that it is not ready while it still answers", .timeLimit(.minutes(1)))
    func shutsDownLate() async throws {
        try await withWorld(yaml: "", environment: ["SHUTDOWN_DELAY": "5"]) { world in
            #expect(try await world.service.get("/health/ready").status == 200)
            world.send(SIGTERM)
            try await eventually("it is not ready") {
                let ready = try await world.service.get("/health/ready")
                return ready.status == 503 && ready.body.contains("shutting down")
            }
            #expect(try await world.service.check("a").status == 200)
            #expect(await world.service.exitStatus() == 0)
        }
    }
}
