/// Finds the primaries of a cluster by asking its nodes, whichever answers first.
struct ClusterFinder: TopologyFinder {
    /// MOVED reports every change that matters to a key; the interval is for changes that no key meets.
    let interval = Duration.seconds(10)
    let spreadsKeys = true
    let seeds: [NodeAddress]
    let url: RedisURL
    let inquiry: Inquiry

    func find(
        knowing topology: Topology, nodes: NodeDirectory, suspect: NodeAddress?
    ) async throws(RedisError) -> [Shard] {
        let connected = nodes.nodes.filter(\.isConnected).map(\.address)
        let candidates = ClusterFinder.order(
            connected: connected.shuffled(), known: topology.primaries.flatMap { [$0.address] + $0.replicas },
            seeds: seeds, suspect: suspect)
        var failure: RedisError?
        for address in candidates {
            do throws(RedisError) {
                let reply = try await inquiry.ask(RedisCommand("CLUSTER", "SLOTS"), address, of: url, nodes: nodes)
                return try SlotMap(reply, from: address).shards
            } catch {
                // What a person has to fix says more than a server that is away.
                if failure?.isTransient != false { failure = error }
            }
            if Task.isCancelled { break }
        }
        throw failure ?? RedisError(.disconnected, "no node of the Redis Cluster answered")
    }

    /// A cluster tells no client of changes.
    func listen(_ changed: @escaping @Sendable () -> Void) async {}

    /// The nodes to ask, in order, each once: those that are connected, then the others, and last the one that gave
    /// reason to ask.
    static func order(
        connected: [NodeAddress], known: [NodeAddress], seeds: [NodeAddress], suspect: NodeAddress?
    ) -> [NodeAddress] {
        var order: [NodeAddress] = []
        for address in connected + known + seeds where address != suspect && !order.contains(address) {
            order.append(address)
        }
        return order + (suspect.map { [$0] } ?? [])
    }
}
