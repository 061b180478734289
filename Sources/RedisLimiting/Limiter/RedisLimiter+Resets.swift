import Logging
import NIOCore
package import ParallaxCore
import Synchronization

extension RedisLimiter {
    /// Forgets the units of one identity, here and, by an announcement, in the memory of every instance that listens.
    ///
    /// - Parameter timeout: The most time to wait for each of the two commands.
    /// - Returns: Whether Redis held anything of it.
    /// - Throws: ``RedisError`` where Redis did not answer or refused.
    package func reset(_ identity: Identity, timeout: Duration = .seconds(2)) async throws(RedisError) -> Bool {
        let key = RedisKey.text(for: identity)
        let removed = try await integer(RedisCommand("DEL", key), timeout: timeout)
        refusals?.reset(identity)
        _ = try await integer(RedisCommand("PUBLISH", RedisKey.resetsChannel, key), timeout: timeout)
        return removed > 0
    }

    /// The identities that are reset anywhere, from now on, while ``run()`` runs.
    ///
    /// Redis keeps no announcements: those made while the connection is away are missed.
    package func resets() -> AsyncStream<Identity> {
        resetRelay.listen()
    }

    private func integer(_ command: RedisCommand, timeout: Duration) async throws(RedisError) -> Int64 {
        switch try await client.send(command, deadline: .now() + TimeAmount(timeout)) {
        case .integer(let value): return value
        case .error(let text): throw RedisError(serverReply: text)
        default: throw RedisError(.server, "Redis answered with something else than a number")
        }
    }
}

// MARK: The subscription
extension RedisLimiter {
    /// Keeps one connection subscribed: from the start where refusals are kept, else from when the first listener comes.
    func listenForResets() async {
        defer { resetRelay.finish() }
        if refusals == nil {
            for await _ in resetRelay.starts { break }
        }
        var backoff = Backoff(delays: client.settings.reconnectDelays)
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            let connection = client.makeConnection(subscribingTo: RedisKey.resetsChannel) {
                [resetRelay, refusals] message in
                guard let identity = RedisLimiter.identity(fromMessage: message) else { return }
                refusals?.reset(identity)
                resetRelay.pass(identity)
            }
            await serve(connection)
            if connection.hasAnswered { backoff.reset() }
            try? await Task.sleep(for: backoff.delay(using: &random))
        }
    }

    /// Runs the subscribed connection to its end, asking now and then whether the other end is still there.
    private func serve(_ connection: RedisConnection) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepHearing(connection) }
            let error = await connection.run { self.resetsProblem.withLock { $0 = nil } }
            resetsProblem.withLock { $0 = error }
            refusals?.lost()
            if !Task.isCancelled {
                logger.warning("lost the subscription to resets", metadata: ["error": "\(error)"])
            }
            group.cancelAll()
        }
        // The last answer may have come after the end.
        refusals?.lost()
    }

    private func keepHearing(_ connection: RedisConnection) async {
        let interval = refusals == nil ? client.settings.commandTimeout : client.settings.resetHeartbeat
        repeat {
            let askedAt = refusals?.now ?? .zero
            do {
                try await connection.ping(deadline: .now() + TimeAmount(client.settings.commandTimeout))
                if !Task.isCancelled { refusals?.heard(askedAt: askedAt) }
            } catch {
                resetsProblem.withLock { $0 = error }
            }
        } while (try? await Task.sleep(for: interval)) != nil
    }

    private static func identity(fromMessage message: RedisReply) -> Identity? {
        guard case .array(let elements) = message, elements.count == 3, let key = elements[2].text else { return nil }
        return RedisKey.identity(fromKey: key)
    }
}

extension RedisConnection {
    /// Sends a PING; a connection that leaves it unanswered for the socket time-out is closed by its handler.
    fileprivate func ping(deadline: NIODeadline) async throws(RedisError) {
        let call = PendingCall()
        let outcome = await call.value { send(RedisCommand("PING"), for: call, deadline: deadline) }
        if case .error(let text) = try outcome.get() { throw RedisError(serverReply: text) }
    }
}
