import Synchronization

/// The servers that are connected at the moment, by address.
final class NodeDirectory: Sendable {
    private struct State {
        var nodes: [NodeAddress: RedisNode] = [:]
        var isShutDown = false
    }

    private let state = Mutex(State())
    private let make: @Sendable (NodeAddress) -> RedisNode
    private let (starts, start) = AsyncStream.makeStream(of: RedisNode.self)

    /// Makes an empty directory.
    ///
    /// - Parameter make: Makes the node of an address.
    init(make: @escaping @Sendable (NodeAddress) -> RedisNode) {
        self.make = make
    }

    var nodes: [RedisNode] { state.withLock { Array($0.nodes.values) } }

    func node(at address: NodeAddress) -> RedisNode? {
        state.withLock { $0.nodes[address] }
    }

    /// The node of an address, made and connected if there is none; `nil` once all are shut down.
    func open(_ address: NodeAddress) -> RedisNode? {
        state.withLock { state in
            if let node = state.nodes[address] { return node }
            guard !state.isShutDown else { return nil }
            let node = make(address)
            state.nodes[address] = node
            start.yield(node)
            return node
        }
    }

    /// Lets all others go, once those who wait for their answers have them, and connects those that are missing.
    func keep(only addresses: some Collection<NodeAddress>) {
        let gone = state.withLock { state in
            let gone = state.nodes.filter { !addresses.contains($0.key) }
            for address in gone.keys { state.nodes[address] = nil }
            return gone.values
        }
        for node in gone { node.close() }
        for address in addresses { _ = open(address) }
    }

    /// Keeps all connected until the task is cancelled.
    ///
    /// - Parameter work: Runs next to every node.
    func run(beside work: @escaping @Sendable (RedisNode) async -> Void) async {
        await withDiscardingTaskGroup { group in
            for await node in starts {
                group.addTask { await node.run(beside: work) }
            }
            for node in shutDown() { node.close() }
            group.cancelAll()
        }
    }

    private func shutDown() -> [RedisNode] {
        state.withLock { state in
            state.isShutDown = true
            return Array(state.nodes.values)
        }
    }
}
