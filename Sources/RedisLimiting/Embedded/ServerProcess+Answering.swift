import NIOCore
import NIOPosix

extension ServerProcess {
    /// Waits until the server answers PING.
    ///
    /// - Parameter url: Its address, with the password where it asks for one.
    /// - Throws: ``EmbeddedRedisError`` with `notAnswering` where it ends before, or takes longer than the time-out.
    package func waitUntilAnswering(at url: RedisURL, timeout: Duration = .seconds(30)) async throws(EmbeddedRedisError)
    {
        let deadline = ContinuousClock.now + timeout
        while !hasExited, ContinuousClock.now < deadline, !Task.isCancelled {
            if await ServerProcess.answersPing(url) { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
        throw EmbeddedRedisError(
            .notAnswering, "the private redis-server \(hasExited ? "ended" : "did not answer"): \(lastWords)")
    }

    private static func answersPing(_ url: RedisURL) async -> Bool {
        let settings = RedisSettings(url: url, connectionTimeout: .seconds(1), commandTimeout: .seconds(1))
        let connection = RedisConnection(
            settings: settings, tls: nil, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            counters: RedisCounters())
        let serving = Task { await connection.run() }
        let call = PendingCall()
        let outcome = await call.value {
            connection.send(RedisCommand("PING"), for: call, deadline: .now() + .seconds(1))
        }
        serving.cancel()
        _ = await serving.value
        return (try? outcome.get()) == .status("PONG")
    }
}
