import NIOCore
package import ParallaxCore
import Synchronization

extension RedisLimiter {
    /// Forgets the units of one identity, here and, by an announcement, in the memory of every instance that listens.
    ///
    /// - Parameter timeout: The most time to wait for each of the two commands.
    /// - Returns: Whether Redis held anything of it.
    /// - Throws: ``RedisError`` if Redis did not answer or refused.
    package func reset(_ identity: Identity, timeout: Duration = .seconds(2)) async throws(RedisError) -> Bool {
        let key = script.keys.text(for: identity)
        let removed = try await integer(RedisCommand("DEL", key), about: identity, timeout: timeout)
        refusals?.reset(.identity(identity))
        // Whichever node of a cluster gets it passes it on to all others.
        _ = try await integer(
            RedisCommand("PUBLISH", script.keys.resetsChannel, key), about: identity, timeout: timeout)
        return removed > 0
    }

    /// Forgets the units of many identities, here and at every instance that listens.
    ///
    /// Redis is asked for a page of keys at a time, primary by primary, and never for all at once.
    ///
    /// - Parameter timeout: The most time to wait for each page.
    /// - Returns: How many logs Redis held.
    /// - Throws: ``RedisError`` if a primary did not answer or refused; what was forgotten until then stays so.
    package func reset(_ scope: ResetScope, timeout: Duration = .seconds(2)) async throws(RedisError) -> Int {
        if case .identity(let identity) = scope { return try await reset(identity, timeout: timeout) ? 1 : 0 }
        let primaries = servers.primaries
        guard !primaries.isEmpty else {
            throw RedisError(.disconnected, "no primary of Redis is known at the moment")
        }
        var removed = 0
        var failure: RedisError?
        do throws(RedisError) {
            for client in primaries { removed += try await remove(scope, at: client, timeout: timeout) }
        } catch {
            failure = error
        }
        refusals?.reset(scope)
        // Also after a failure: some logs are gone, and memory must not hold their identities longer than Redis.
        let announcement = RedisCommand("PUBLISH", script.keys.resetsChannel, script.keys.message(for: scope))
        let reply = try await primaries[0].send(announcement, deadline: .now() + TimeAmount(timeout))
        if let failure { throw failure }
        if case .error(let text) = reply { throw RedisError(serverReply: text) }
        return removed
    }

    /// Deletes the logs of a scope at one server, and says how many there were.
    private func remove(
        _ scope: ResetScope, at client: RedisClient, timeout: Duration
    ) async throws(RedisError) -> Int {
        var cursor = "0"
        var removed = 0
        repeat {
            let deadline = NIODeadline.now() + TimeAmount(timeout)
            let scan = RedisCommand("SCAN", cursor, "MATCH", script.keys.pattern(for: scope), "COUNT", "1000")
            let page = try await client.send(scan, deadline: deadline)
            if case .error(let text) = page { throw RedisError(serverReply: text) }
            guard case .array(let parts) = page, parts.count == 2, let next = parts[0].text,
                case .array(let keys) = parts[1]
            else { throw RedisError(.server, "Redis answered SCAN with something other than a page of keys") }
            // One command a key: those of a cluster's node lie in many slots.
            let calls = keys.compactMap(\.text).map { client.post(RedisCommand("DEL", $0), deadline: deadline) }
            for call in calls {
                switch try await call.value().get() {
                case .integer(let count): removed += Int(count)
                case .error(let text): throw RedisError(serverReply: text)
                default: throw RedisError(.server, "Redis answered with something other than a number")
                }
            }
            cursor = next
        } while cursor != "0"
        return removed
    }

    /// What is reset at any instance, from now on, while ``run()`` runs.
    ///
    /// Redis keeps no announcements: those made while the connection is away are missed.
    package func resets() -> AsyncStream<ResetScope> {
        resetRelay.listen()
    }

    private func integer(
        _ command: RedisCommand, about identity: Identity, timeout: Duration
    ) async throws(RedisError) -> Int64 {
        switch try await servers.send(command, about: identity, timeout: timeout) {
        case .integer(let value): return value
        case .error(let text): throw RedisError(serverReply: text)
        default: throw RedisError(.server, "Redis answered with something other than a number")
        }
    }
}

// MARK: The subscription
extension RedisLimiter {
    /// Keeps one connection subscribed: from the start where refusals are kept, else from when the first listener
    /// comes.
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
        let connection = source.client.makeConnection(subscribingTo: script.keys.resetsChannel) {
            [resetRelay, refusals, wideResets, keys = script.keys] message in
            guard let scope = keys.scope(fromMessage: message) else { return }
            if case .identity = scope {
                refusals?.reset(scope)
            } else if let refusals {
                // The whole cache is looked through, which would stop all connections of this event loop meanwhile.
                refusals.willReset()
                wideResets.continuation.yield(scope)
            }
            resetRelay.pass(scope)
        }
        let error = await connection.listen(
            askingEvery: refusals == nil ? settings.socketTimeout : settings.resetHeartbeat, until: source.hasGone,
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

    /// Forgets what is kept of an organization or of all, as the subscription says.
    func forgetWideResets() async {
        for await scope in wideResets.stream { refusals?.reset(scope) }
    }

    /// Asks the subscribed server whether it is still there, and notes what it says.
    private func ask(_ connection: RedisConnection) async {
        let askedAt = refusals?.now ?? .zero
        do {
            try await connection.ping(deadline: .now() + TimeAmount(settings.socketTimeout))
            if !Task.isCancelled { refusals?.heard(askedAt: askedAt) }
        } catch {
            resetsProblem.withLock { $0 = error }
        }
    }
}

extension RedisKeyspace {
    /// The reset that a message of a subscription announces; `nil` for any other message.
    func scope(fromMessage message: RedisReply) -> ResetScope? {
        guard case .array(let elements) = message, elements.count == 3, let text = elements[2].text else { return nil }
        return scope(fromMessage: text)
    }
}

/// Passes resets at any instance to all who listen in this process.
final class ResetRelay: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<ResetScope>.Continuation] = [:]
        var nextListener = 0
    }

    /// Resets a slow listener can fall behind; the oldest go first.
    private static let capacity = 1024

    private let state = Mutex(State())
    /// One element when the first listener comes.
    let starts: AsyncStream<Void>
    private let start: AsyncStream<Void>.Continuation

    init() {
        (starts, start) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// A new listener's resets, from now on.
    func listen() -> AsyncStream<ResetScope> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ResetScope.self, bufferingPolicy: .bufferingNewest(ResetRelay.capacity))
        let listener = state.withLock { state in
            defer { state.nextListener += 1 }
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: listener) }
        }
        start.yield()
        return stream
    }

    func pass(_ scope: ResetScope) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(scope) }
    }

    /// Ends every listener's stream.
    func finish() {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.finish() }
    }
}

/// A server that announces resets, and until when it does.
struct ResetSource: Sendable {
    let client: RedisClient
    /// Suspends until another server is to be listened to, or the task is cancelled.
    let hasGone: @Sendable () async -> Void
}

extension RedisServers {
    /// The server to listen to; `nil` if none is known at the moment.
    ///
    /// A node of a cluster hears what was published at any other. One that is left has nothing to tell any more,
    /// however well its connection is.
    var resetSource: ResetSource? {
        switch self {
        case .one(let client, _):
            return ResetSource(client: client, hasGone: { await Promise<Void>.never() })
        case .several(let router):
            let nodes = router.nodes.nodes
            guard let node = nodes.filter(\.isConnected).randomElement() ?? nodes.randomElement() else { return nil }
            return ResetSource(client: node.client, hasGone: { await router.waitUntilLeft(node) })
        }
    }
}

extension TopologyRouter {
    fileprivate func waitUntilLeft(_ node: RedisNode) async {
        while !Task.isCancelled {
            let looks = looked.count
            guard nodes.node(at: node.address) === node else { return }
            await looked.waitForMore(than: looks)
        }
    }
}
