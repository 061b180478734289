import NIOPosix

extension ServerProcess {
    /// Waits until the server answers PING.
    ///
    /// - Parameter url: Its address, with the password if it asks for one.
    /// - Throws: ``EmbeddedRedisError`` with `notAnswering` if it ends before, or takes longer than the time-out.
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
        (try? await ask(RedisCommand("PING"), at: url)) == .status("PONG")
    }

    /// Asks a server something, on a connection of its own.
    ///
    /// - Throws: ``RedisError`` if it does not answer in time; an error that it answers is an answer.
    package static func ask(
        _ command: RedisCommand, at url: RedisURL, timeout: Duration = .seconds(1)
    ) async throws(RedisError) -> RedisReply {
        let inquiry = Inquiry(
            settings: RedisSettings(url: url, connectionTimeout: timeout, socketTimeout: timeout), tls: nil,
            eventLoops: MultiThreadedEventLoopGroup.singleton, patience: timeout)
        return try await inquiry.ask(command, at: url)
    }
}
