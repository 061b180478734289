package import ParallaxCore
import Synchronization

/// The servers behind an address that names several, as far as they are known.
package struct TopologyHealth: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case sentinel
        case cluster
    }

    /// One primary.
    package struct Primary: Equatable, Sendable {
        package let address: NodeAddress
        /// The beginning of its id in the cluster; `nil` under sentinels, which know no such ids.
        package let id: String?
        /// The slots that it serves, such as `0-5460`; all under sentinels.
        package let slots: [ClosedRange<Int>]
        package let replicas: Int
        /// Since when this instance has known it as a primary.
        package let since: Timestamp
        package let connections: Int
        package let breaker: BreakerState
    }

    package let kind: Kind
    package let primaries: [Primary]
    /// Slots that no primary serves, of 16384.
    package let uncovered: Int
    /// Why the last look at the topology told nothing; `nil` if it did.
    package let problem: RedisError?

    /// Whether every slot has a primary that is connected and is asked.
    package var isComplete: Bool {
        uncovered == 0 && primaries.allSatisfy { $0.connections > 0 && $0.breaker == .closed }
    }
}

extension TopologyRouter {
    /// What is known now.
    var health: TopologyHealth {
        let topology = topology.withLock { $0 }
        let primaries = zip(topology.primaries, topology.slots).map { primary, slots in
            let node = nodes.node(at: primary.address)
            return TopologyHealth.Primary(
                address: primary.address, id: primary.id.map { String($0.prefix(12)) }, slots: slots,
                replicas: primary.replicas.count, since: primary.since,
                connections: node?.client.load.connections ?? 0, breaker: node?.breaker.state ?? .closed)
        }
        return TopologyHealth(
            kind: spreadsKeys ? .cluster : .sentinel, primaries: primaries, uncovered: topology.uncovered,
            problem: problem.withLock { $0 })
    }

    /// Commands that wait at any node.
    var pending: Int {
        (nodes.nodes + askingNodes.nodes).reduce(0) { $0 + $1.client.load.pending }
    }
}
