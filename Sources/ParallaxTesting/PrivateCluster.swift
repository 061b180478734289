package import RedisLimiting

/// Three masters with a replica each, of a test's own: a node is failed over two seconds after its last answer, or
/// never.
package final class PrivateCluster: Sendable {
    /// The masters at the start, then their replicas in the same order.
    package let nodes: [PrivateRedis]
    package let ports: [Int]
    /// The slots of the three masters at the start.
    package static let slots = [0...5460, 5461...10922, 10923...16383]

    package var masters: [PrivateRedis] { Array(nodes[..<3]) }

    fileprivate init(arguments: [String]) async throws {
        let ports = try LoopbackPorts.find(12)
        self.ports = Array(ports[..<6])
        let started = await withTaskGroup(of: (Int, Result<PrivateRedis, any Error>).self) { group in
            for place in 0..<6 {
                let arguments = PrivateCluster.arguments(port: ports[place], bus: ports[place + 6]) + arguments
                group.addTask {
                    do {
                        return (place, .success(try await PrivateRedis(arguments: arguments)))
                    } catch {
                        return (place, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
        do {
            nodes = try started.map { try $0.get() }
        } catch {
            for case .success(let node) in started { await node.end() }
            throw error
        }
        buses = Array(ports[6...])
    }

    /// The ports on which the nodes speak with each other.
    private let buses: [Int]

    /// Where it is, as a client is told: one node, which knows the others.
    package var url: RedisURL {
        RedisURL(deployment: .cluster(seeds: [NodeAddress(host: "127.0.0.1", port: ports[0])]))
    }

    /// Settings for a client, with the waits of a test. Nothing is found by looking from time to time.
    package var settings: RedisSettings { .forTests(of: url) }

    /// The id of a node.
    package func id(of node: PrivateRedis) async throws -> String {
        try await node.ask("CLUSTER", "MYID").text ?? ""
    }

    /// Puts the nodes together, and waits until they agree.
    fileprivate func create(failsOver: Bool) async throws {
        for (place, slots) in PrivateCluster.slots.enumerated() {
            try await nodes[place].ask("CLUSTER", "ADDSLOTSRANGE", "\(slots.lowerBound)", "\(slots.upperBound)")
            try await nodes[place].ask("CLUSTER", "SET-CONFIG-EPOCH", "\(place + 1)")
        }
        for place in 1..<6 {
            try await nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", "\(ports[place])", "\(buses[place])")
        }
        for node in nodes { try await node.waitUntil("CLUSTER", "INFO", contains: "cluster_state:ok") }
        for place in 0..<3 {
            let id = try await id(of: nodes[place])
            try await nodes[place + 3].waitUntil("CLUSTER", "NODES", contains: id)
            try await nodes[place + 3].ask("CLUSTER", "REPLICATE", id)
        }
        for node in nodes[3...] {
            try await node.waitUntil("INFO", "replication", contains: "master_link_status:up")
        }
        for node in nodes {
            try await node.waitUntil("CLUSTER", "SLOTS") { reply in
                guard case .array(let entries) = reply, entries.count == 3 else { return false }
                return entries.allSatisfy { entry in
                    if case .array(let parts) = entry { parts.count == 4 } else { false }
                }
            }
        }
        // Short while they find each other; then a node that a busy machine kept waiting is not to be taken for dead.
        for node in nodes { try await node.ask("CONFIG", "SET", "cluster-node-timeout", failsOver ? "2000" : "60000") }
    }

    fileprivate func end() async {
        for node in nodes { await node.end() }
    }

    private static func arguments(port: Int, bus: Int) -> [String] {
        [
            "--port", "\(port)", "--cluster-enabled", "yes", "--cluster-port", "\(bus)",
            "--cluster-node-timeout", "500", "--cluster-replica-validity-factor", "0",
            "--repl-diskless-sync-delay", "0",
            // A replica is shown to clients once it has heard from its master.
            "--repl-ping-replica-period", "1",
        ]
    }
}

/// Lends a cluster of three masters and three replicas to the body and ends it afterwards.
///
/// - Parameters:
///   - failsOver: Whether a replica takes over from a master that does not answer.
///   - arguments: More arguments of every `redis-server`.
package func withPrivateCluster<Result>(
    failsOver: Bool = true, arguments: [String] = [], _ body: (PrivateCluster) async throws -> Result
) async throws -> Result {
    let cluster = try await PrivateCluster(arguments: arguments)
    do {
        try await cluster.create(failsOver: failsOver)
        let result = try await body(cluster)
        await cluster.end()
        return result
    } catch {
        await cluster.end()
        throw error
    }
}
