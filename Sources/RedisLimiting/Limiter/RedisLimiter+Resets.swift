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
        let removed = try await integer(RedisCommand("DEL", key), about: identity, timeout: timeout)
        refusals?.reset(identity)
        // Whichever node of a cluster gets it passes it on to all others.
        _ = try await integer(
            RedisCommand("PUBLISH", RedisKey.resetsChannel, key), about: identity, timeout: timeout)
        return removed > 0
    }

    /// The identities that are reset anywhere, from now on, while ``run()`` runs.
    ///
    /// Redis keeps no announcements: those made while the connection is away are missed.
    package func resets() -> AsyncStream<Identity> {
        resetRelay.listen()
    }

    private func integer(
        _ command: RedisCommand, about identity: Identity, timeout: Duration
    ) async throws(RedisError) -> Int64 {
        switch try await servers.send(command, about: identity, timeout: timeout) {
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
        var backoff = Backoff(delays: settings.reconnectDelays)
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            if let source = servers.resetSource, await listen(to: source) { backoff.reset() }
            try? await Task.sleep(for: backoff.delay(using: &random))
        }
    }

    /// Listens to a server until it is left or lost, and says whether it had served.
    private func listen(to source: ResetSource) async -> Bool {
        let connection = source.client.makeConnection(subscribingTo: RedisKey.resetsChannel) {
            [resetRelay, refusals] message in
            guard let identity = RedisLimiter.identity(fromMessage: message) else { return }
            refusals?.reset(identity)
            resetRelay.pass(identity)
        }
        let error = await connection.listen(
            askingEvery: refusals == nil ? settings.commandTimeout : settings.resetHeartbeat, until: source.hasGone,
            whenReady: {
                self.resetsProblem.withLock { $0 = nil }
                self.subscriptionLog.ended()
            }, ask: { await self.ask(connection) })
        // Also after the last answer, which may have come with the end.
        refusals?.lost()
        if let error {
            resetsProblem.withLock { $0 = error }
            subscriptionLog.occurred(error)
        }
        return connection.hasServed
    }

    /// Asks the subscribed server whether it is still there, and notes what it says.
    private func ask(_ connection: RedisConnection) async {
        let askedAt = refusals?.now ?? .zero
        do {
            try await connection.ping(deadline: .now() + TimeAmount(settings.commandTimeout))
            if !Task.isCancelled { refusals?.heard(askedAt: askedAt) }
        } catch {
            resetsProblem.withLock { $0 = error }
        }
    }

    /// The identity that a message of the channel of resets is about; `nil` for any other message.
    static func identity(fromMessage message: RedisReply) -> Identity? {
        guard case .array(let elements) = message, elements.count == 3, let key = elements[2].text else { return nil }
        return RedisKey.identity(fromKey: key)
    }
}
