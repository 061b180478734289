import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ParallaxCore
import Synchronization

/// The servers of a limiter: the one of its address, or several, of which each serves some keys.
enum RedisServers: Sendable {
    case one(client: RedisClient, breaker: BreakerDriver)
    case several(TopologyRouter)

    /// Makes what the address asks for.
    init(settings: RedisSettings, tls: Replaceable<NIOSSLContext>?, logger: Logger, counters: RedisCounters) {
        let router = TopologyRouter(
            settings: settings, tls: tls, logger: logger, counters: counters,
            eventLoops: MultiThreadedEventLoopGroup.singleton)
        if let router {
            self = .several(router)
        } else {
            self = .one(
                client: RedisClient(
                    settings: settings, logger: logger, eventLoops: MultiThreadedEventLoopGroup.singleton, tls: tls,
                    counters: counters),
                breaker: BreakerDriver(settings: settings.breaker))
        }
    }

    /// Sends a command about one identity to the server that serves it.
    func send(
        _ command: RedisCommand, about identity: Identity, timeout: Duration
    ) async throws(RedisError) -> RedisReply {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        switch self {
        case .one(let client, _):
            return try await client.send(command, deadline: deadline)
        case .several(let router):
            return try await router.perform(on: router.slot(of: identity), deadline: deadline) {
                (node) throws(RedisError) in
                let reply = try await node.client.send(command, deadline: deadline)
                // Thrown, so that the router sees where to send it instead.
                if case .error(let text) = reply { throw RedisError(serverReply: text) }
                return reply
            }
        }
    }
}

extension TopologyRouter {
    func slot(of identity: Identity) -> ClusterSlot {
        spreadsKeys ? ClusterSlot(of: identity) : .any
    }
}

// What is done otherwise if several servers share the work.
extension RedisLimiter {
    /// Judges a request on the primary that serves its identity.
    func judge(
        _ request: CheckRequest, at now: Timestamp?, deadline: NIODeadline, on router: TopologyRouter
    ) async throws(RedisError) -> SlidingLogScript.Judgement {
        try await router.perform(on: router.slot(of: request.identity), deadline: deadline) {
            (node) throws(RedisError) in
            guard node.breaker.admits else { throw .circuitOpen }
            do throws(RedisError) {
                let judgement = try await script.check(request, at: now, on: node.client, deadline: deadline)
                node.breaker.succeeded()
                return judgement
            } catch {
                node.breaker.answered(with: error)
                throw error
            }
        }
    }

    /// Runs the script once on every primary: fails if any slot has no primary or cannot be written.
    ///
    /// - Returns: Whether one of the keys had held a value that no release wrote.
    func probe(_ router: TopologyRouter, timeout: Duration) async throws(RedisError) -> Bool {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        let keys = try await router.probeKeys(in: script.keys, deadline: deadline)
        let hasReplaced = Atomic<Bool>(false)
        try await all(keys) { (key) throws(RedisError) in
            try await router.perform(on: ClusterSlot(key: key), deadline: deadline) { (node) throws(RedisError) in
                if try await self.script.probe(key: key, on: node.client, deadline: deadline) {
                    hasReplaced.store(true, ordering: .relaxed)
                }
            }
        }
        return hasReplaced.load(ordering: .relaxed)
    }

    /// Asks whether the server answers, or every primary of several. Writes nothing.
    ///
    /// - Throws: ``RedisError`` if one does not answer in time, or answers with an error.
    package func ping(timeout: Duration) async throws(RedisError) {
        let deadline = NIODeadline.now() + TimeAmount(timeout)
        switch servers {
        case .one(let client, _):
            try await client.ping(deadline: deadline)
        case .several(let router):
            try await all(try await router.probeKeys(in: script.keys, deadline: deadline)) { (key) throws(RedisError) in
                try await router.perform(on: ClusterSlot(key: key), deadline: deadline) { (node) throws(RedisError) in
                    try await node.client.ping(deadline: deadline)
                }
            }
        }
    }

    /// Runs the script once on one primary.
    func probe(_ node: RedisNode, of router: TopologyRouter, timeout: Duration = .seconds(1)) async throws(RedisError) {
        guard let key = router.topology.withLock({ $0.probeKey(of: node.address, in: script.keys) }) else {
            throw RedisError(.clusterDown, "this node serves no slot of the Redis Cluster any more")
        }
        try await script.probe(key: key, on: node.client, deadline: .now() + TimeAmount(timeout))
    }

    private func all(
        _ keys: [[UInt8]], _ body: @escaping @Sendable ([UInt8]) async throws(RedisError) -> Void
    ) async throws(RedisError) {
        let failure = await withTaskGroup(of: RedisError?.self) { group in
            for key in keys {
                group.addTask {
                    do throws(RedisError) {
                        try await body(key)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let failure { throw failure }
    }
}

extension RedisError {
    static let circuitOpen = RedisError(
        .circuitOpen, "this Redis has failed too often in a row; it is probed and was not asked")
}

extension RedisClient {
    fileprivate func ping(deadline: NIODeadline) async throws(RedisError) {
        let reply = try await send(RedisCommand("PING"), deadline: deadline)
        if case .error(let text) = reply { throw RedisError(serverReply: text) }
    }
}

extension BreakerDriver {
    /// Notes a failure of a node of several: one that sends the command elsewhere is well.
    fileprivate func answered(with error: RedisError) {
        switch error.redirection {
        case .moved?, .ask?: succeeded()
        case .toPrimary?, nil: failed(error)
        }
    }
}

extension TopologyRouter {
    /// A probe's key of every primary.
    ///
    /// - Throws: ``RedisError`` if the topology is not known, or no one serves some slot.
    fileprivate func probeKeys(in keys: RedisKeyspace, deadline: NIODeadline) async throws(RedisError) -> [[UInt8]] {
        // Waits for the first look.
        try await perform(on: .any, deadline: deadline) { (_) throws(RedisError) in }
        let (uncovered, probes) = topology.withLock { topology in
            (topology.uncovered, topology.primaries.compactMap { topology.probeKey(of: $0.address, in: keys) })
        }
        guard uncovered == 0 else {
            throw RedisError(
                .clusterDown, "no node of the Redis Cluster serves \(uncovered) of its slots; look at CLUSTER INFO")
        }
        return probes
    }
}
