import Glibc
package import Logging
package import RedisLimiting
import Synchronization

/// A Redis server of a test's own, which the test may kill, stop and start again on the same socket.
///
/// It is gone when the test is over, and also when the test's process dies.
package final class PrivateRedis: Sendable {
    package let url: RedisURL
    private let folder: ServerFolder
    private let launcher: [String]
    private let arguments: [String]
    private let configurationFile: String?
    private let process: Mutex<ServerProcess>

    /// Starts a server; ``withPrivateRedis(password:launcher:arguments:_:)`` ends it too.
    ///
    /// - Parameter configuration: What stands in its configuration file; `nil` for none.
    init(
        password: String? = nil, launcher: [String] = [], configuration: String? = nil, arguments: [String]
    ) async throws {
        let folder = try ServerFolder()
        self.folder = folder
        self.launcher = launcher
        configurationFile = try configuration.map { try PrivateRedis.write($0, into: folder) }
        url = RedisURL(endpoint: .unixSocket(path: folder.socketPath), password: password)
        self.arguments = (password.map { ["--requirepass", $0] } ?? []) + arguments
        process = Mutex(
            try ServerProcess(
                folder: folder, launcher: launcher, configurationFile: configurationFile, arguments: self.arguments))
        try await waitUntilAnswering()
    }

    package var socketPath: String { folder.socketPath }

    /// Settings for a client of this server, with the waits of a test.
    package var settings: RedisSettings {
        RedisSettings(
            url: url, decisionTimeout: .seconds(30), reconnectDelays: .milliseconds(5) ... .milliseconds(50),
            breaker: BreakerSettings(probeInterval: .milliseconds(20)))
    }

    /// Kills the server at once and waits until it is gone.
    package func kill() async {
        signal(SIGKILL)
        await process.withLock { $0 }.waitForExit()
    }

    /// Stops the server in the middle of whatever it does; its sockets stay open.
    package func pause() { signal(SIGSTOP) }

    /// Lets a stopped server go on.
    package func resume() { signal(SIGCONT) }

    /// Starts the server again after ``kill()``, with what it had saved, which is nothing unless a test had it save.
    package func restart() async throws {
        try startAgain()
        try await waitUntilAnswering()
    }

    /// Starts the server again after ``kill()``, and returns while it still loads what it had saved.
    package func restartLoading() async throws {
        try startAgain()
        while true {
            let reply = try? await ServerProcess.ask(RedisCommand("PING"), at: url)
            if case .error(let text) = reply, text.hasPrefix("LOADING") { return }
            if reply == .status("PONG") { throw UnexpectedReply(words: ["PING"], reply: "PONG instead of LOADING") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func startAgain() throws {
        let next = try ServerProcess(
            folder: folder, launcher: launcher, configurationFile: configurationFile, arguments: arguments)
        process.withLock { $0 = next }
    }

    /// How long a question may take: a busy machine may stand still for seconds, and no test is about that.
    static let answerTimeout = Duration.seconds(20)

    /// Asks it something, on a connection of its own.
    @discardableResult
    package func ask(_ words: String...) async throws -> RedisReply {
        var command = RedisCommand()
        for word in words { command.append(word) }
        let reply = try await ServerProcess.ask(command, at: url, timeout: PrivateRedis.answerTimeout)
        if case .error(let text) = reply { throw UnexpectedReply(words: words, reply: text) }
        return reply
    }

    func end() async {
        let process = process.withLock { $0 }
        process.end()
        await process.waitForExit()
        folder.remove()
    }

    private func waitUntilAnswering() async throws {
        try await process.withLock { $0 }.waitUntilAnswering(at: url)
    }

    private static func write(_ text: String, into folder: ServerFolder) throws -> String {
        let path = folder.path + "/redis.conf"
        guard let file = fopen(path, "w") else { throw ConfigurationFileError(path: path) }
        fputs(text, file)
        fclose(file)
        return path
    }

    private func signal(_ signal: CInt) {
        guard let processID = process.withLock({ $0 }).processID else {
            preconditionFailure("the private Redis has not written its process id")
        }
        Glibc.kill(processID, signal)
    }
}

extension PrivateRedis {
    /// A configuration file that could not be written.
    struct ConfigurationFileError: Error {
        let path: String
    }
}

extension PrivateRedis {
    /// A command of a test that a server refused.
    struct UnexpectedReply: Error {
        let words: [String]
        let reply: String
    }
}

/// Lends a Redis server of its own to the body and ends it afterwards.
///
/// - Parameters:
///   - password: The password that clients must give; `nil` asks for none.
///   - launcher: A command, with its arguments, that becomes the server.
///   - arguments: More arguments of `redis-server`.
package func withPrivateRedis<Result>(
    password: String? = nil, launcher: [String] = [], arguments: [String] = [],
    _ body: (PrivateRedis) async throws -> Result
) async throws -> Result {
    let redis = try await PrivateRedis(password: password, launcher: launcher, arguments: arguments)
    do {
        let result = try await body(redis)
        await redis.end()
        return result
    } catch {
        await redis.end()
        throw error
    }
}

extension PrivateRedis {
    /// Asks again and again until the answer is as it should be.
    package func waitUntil(_ words: String..., isTrue: (RedisReply) -> Bool) async throws {
        var command = RedisCommand()
        for word in words { command.append(word) }
        while !isTrue(try await ServerProcess.ask(command, at: url, timeout: PrivateRedis.answerTimeout)) {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Asks again and again until the answer holds a text.
    package func waitUntil(_ first: String, _ second: String, contains text: String) async throws {
        try await waitUntil(first, second) { $0.text?.contains(text) == true }
    }
}

extension RedisReply {
    /// The value after a name, in a list of names and values.
    package func field(_ name: String) -> String? {
        guard case .array(let parts) = self, let place = parts.firstIndex(where: { $0.text == name }) else {
            return nil
        }
        return place + 1 < parts.count ? parts[place + 1].text : nil
    }
}

extension RedisSettings {
    /// Settings for a client of several servers, with the waits of a test.
    ///
    /// The servers are looked at only when something went wrong, so that a test sees that it was noticed.
    static func forTests(of url: RedisURL) -> RedisSettings {
        RedisSettings(
            url: url, decisionTimeout: .seconds(30), reconnectDelays: .milliseconds(5) ... .milliseconds(50),
            breaker: BreakerSettings(probeInterval: .milliseconds(20)), topologyInterval: .seconds(600))
    }
}

/// Lends a connected limiter to the body and shuts it down afterwards.
///
/// - Parameter uptime: The clock of its refusal cache; `nil` for the system's.
package func withRedisLimiter<Result: Sendable>(
    _ settings: RedisSettings, logger: Logger = .silent, uptime: (@Sendable () -> Duration)? = nil,
    _ body: (RedisLimiter) async throws -> Result
) async throws -> Result {
    let limiter = try RedisLimiter(
        settings: settings, logger: logger, uptime: uptime ?? RedisLimiter.uptime(since: .now))
    let running = Task { await limiter.run() }
    do {
        let result = try await body(limiter)
        running.cancel()
        await running.value
        return result
    } catch {
        running.cancel()
        await running.value
        throw error
    }
}

extension Logger {
    /// A logger that writes nothing.
    package static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}
