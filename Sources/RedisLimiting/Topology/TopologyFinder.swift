import NIOCore

/// Finds out which primaries there are, by asking.
protocol TopologyFinder: Sendable {
    /// The time between looks while all is well.
    var interval: Duration { get }
    /// Whether keys are spread over several primaries by their slots.
    var spreadsKeys: Bool { get }
    /// Asks one server after the other until one has told.
    ///
    /// - Parameters:
    ///   - topology: What is known so far.
    ///   - nodes: The servers that are connected, which can be asked without another connection.
    ///   - suspect: The server that gave reason to ask; what it knows may be old.
    /// - Throws: ``RedisError`` if no one could tell.
    func find(
        knowing topology: Topology, nodes: NodeDirectory, suspect: NodeAddress?
    ) async throws(RedisError) -> [Shard]

    /// Listens to servers that announce changes by themselves, until the task is cancelled.
    ///
    /// - Parameter changed: Called when there is reason to look.
    func listen(_ changed: @escaping @Sendable () -> Void) async
}

extension Inquiry {
    /// Asks a server that holds data, on its connections if it has any.
    func ask(
        _ command: RedisCommand, _ address: NodeAddress, of url: RedisURL, nodes: NodeDirectory
    ) async throws(RedisError) -> RedisReply {
        if let node = nodes.node(at: address), node.isConnected {
            return try await node.client.send(command, deadline: .now() + TimeAmount(timeout))
        }
        return try await ask(command, at: url.server(at: address))
    }
}
