/// Finds the primaries of a cluster by asking its nodes, whichever answers first.
struct ClusterFinder: TopologyFinder {
    /// MOVED reports every change that matters to a key; the interval is for changes that no key meets.
    let interval = Duration.seconds(10)
    let spreadsKeys = true
    let seeds: [NodeAddress]
    let url: RedisURL
    let oneShotClient: OneShotClient

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
                let reply = try await oneShotClient.ask(
                    RedisCommand("CLUSTER", "SLOTS"), address, of: url, nodes: nodes)
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

/// What one node of a cluster knows of the others: who serves which slots.
///
/// Source: https://redis.io/docs/latest/commands/cluster-slots/
struct SlotMap: Equatable, Sendable {
    /// In the order of their first slots.
    let shards: [Shard]

    /// Reads the answer to CLUSTER SLOTS.
    ///
    /// - Parameter server: The node that was asked; a host left out is its host.
    /// - Throws: ``RedisError`` if the answer is none, or the server belongs to no cluster.
    init(_ reply: RedisReply, from server: NodeAddress) throws(RedisError) {
        if case .error(let text) = reply { throw SlotMap.refusal(text) }
        guard case .array(let entries) = reply else { throw SlotMap.unreadable }
        var parts: [Shard] = []
        for entry in entries {
            if let part = try SlotMap.part(entry, from: server) { parts.append(part) }
        }
        parts.sort { $0.slots[0].lowerBound < $1.slots[0].lowerBound }
        for (part, next) in zip(parts, parts.dropFirst()) where next.slots[0].lowerBound <= part.slots[0].upperBound {
            throw SlotMap.unreadable
        }
        shards = parts.reduce(into: []) { shards, part in
            if let place = shards.firstIndex(where: { $0.primary == part.primary }) {
                shards[place].slots += part.slots
            } else {
                shards.append(part)
            }
        }
    }

    /// One range of slots; `nil` if the node that serves it has no address that anyone knows.
    private static func part(_ entry: RedisReply, from server: NodeAddress) throws(RedisError) -> Shard? {
        guard case .array(let parts) = entry, parts.count >= 3, case .integer(let first) = parts[0],
            case .integer(let last) = parts[1], 0 <= first, first <= last, last < ClusterSlot.count
        else { throw unreadable }
        guard let (primary, id) = try node(parts[2], from: server) else { return nil }
        var replicas: [NodeAddress] = []
        for part in parts[3...] {
            if let (replica, _) = try node(part, from: server) { replicas.append(replica) }
        }
        return Shard(primary: primary, id: id, replicas: replicas, slots: [Int(first)...Int(last)])
    }

    private static func node(
        _ reply: RedisReply, from server: NodeAddress
    ) throws(RedisError) -> (address: NodeAddress, id: String?)? {
        guard case .array(let parts) = reply, parts.count >= 2, case .integer(let port) = parts[1],
            parts[0] == .null || parts[0].text != nil
        else { throw unreadable }
        let id = parts.count > 2 ? parts[2].text : nil
        guard let address = NodeAddress(host: parts[0].text ?? "", announcedPort: Int(port)) else { return nil }
        return (address.announced(by: server), id.flatMap { isHexadecimal($0) ? $0 : nil })
    }

    private static func isHexadecimal(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 40 && text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }

    private static var unreadable: RedisError {
        RedisError(.server, "a server answered CLUSTER SLOTS with something that is not a map of slots")
    }

    private static func refusal(_ text: String) -> RedisError {
        let error = RedisError(serverReply: text)
        guard error.code == .server else { return error }
        return RedisError(
            .configuration,
            "a server of the Redis URL belongs to no cluster; begin the URL with redis:// for one server",
            cause: error.cause)
    }
}
