import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ParallaxCore

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
