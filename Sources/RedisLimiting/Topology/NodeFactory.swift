import Logging
import NIOCore
import NIOSSL
import ParallaxCore

extension TopologyRouter {
    /// What the nodes of a deployment are made of, and have in common.
    struct NodeFactory: Sendable {
        let settings: RedisSettings
        let logger: Logger
        let eventLoops: any EventLoopGroup
        let tls: Replaceable<NIOSSLContext>?
        /// All that happens at any node is counted here, so that nothing is lost with a node.
        let counters: RedisCounters
        let refresh: RefreshDriver

        func makeNode(at address: NodeAddress) -> RedisNode {
            RedisNode(
                address: address,
                client: makeClient(at: address, isAsking: false) { [refresh] in refresh.want(suspecting: address) },
                breaker: BreakerDriver(settings: settings.breaker))
        }

        /// A node that is asked for slots on their way to it. A probe would be sent elsewhere, so its breaker stays closed.
        func makeAskingNode(at address: NodeAddress) -> RedisNode {
            RedisNode(
                address: address, client: makeClient(at: address, isAsking: true),
                breaker: BreakerDriver(settings: BreakerSettings(failuresToOpen: .max)))
        }

        private func makeClient(
            at address: NodeAddress, isAsking: Bool, lostConnection: (@Sendable () -> Void)? = nil
        ) -> RedisClient {
            var settings = settings
            settings.url = settings.url.server(at: address)
            return RedisClient(
                settings: settings, logger: logger, eventLoops: eventLoops, tls: tls, counters: counters,
                isAsking: isAsking, lostConnection: lostConnection)
        }
    }

    /// Makes the router that an address asks for; `nil` if it is of one server.
    ///
    /// - Parameter tls: For the servers, the sentinels or both, if they ask for it.
    convenience init?(
        settings: RedisSettings, tls: Replaceable<NIOSSLContext>?, logger: Logger, counters: RedisCounters,
        eventLoops: any EventLoopGroup
    ) {
        let url = settings.url
        let oneShotClient = OneShotClient(settings: settings, tls: tls, eventLoops: eventLoops)
        let finder: any TopologyFinder
        switch url.deployment {
        case .server: return nil
        case .sentinel(let sentinels):
            finder = SentinelFinder(sentinels, of: url, oneShotClient: oneShotClient, settings: settings)
        case .cluster(let seeds): finder = ClusterFinder(seeds: seeds, url: url, oneShotClient: oneShotClient)
        }
        let schedule = RefreshSchedule(
            interval: settings.topologyInterval ?? finder.interval, delays: settings.reconnectDelays, now: .now())
        let nodeFactory = NodeFactory(
            settings: settings, logger: logger, eventLoops: eventLoops, tls: url.usesTLS ? tls : nil,
            counters: counters, refresh: RefreshDriver(schedule: schedule, eventLoops: eventLoops))
        self.init(nodeFactory: nodeFactory, finder: finder, logger: logger)
    }
}

extension RedisURL {
    /// Whether any connection that this address leads to is encrypted: to a server or to a sentinel.
    var needsTLS: Bool {
        guard case .sentinel(let sentinels) = deployment else { return usesTLS }
        return usesTLS || sentinels.usesTLS
    }
}
