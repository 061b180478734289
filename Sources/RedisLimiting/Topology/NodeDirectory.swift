import Logging
import NIOCore
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
    func run(alongside work: @escaping @Sendable (RedisNode) async -> Void) async {
        await withDiscardingTaskGroup { group in
            for await node in starts {
                group.addTask { await node.run(alongside: work) }
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

/// One server that is asked for decisions: its client, and the breaker that spares it while it fails.
///
/// A server that takes another's place begins with a breaker of its own, so that no one waits for the old one's.
final class RedisNode: Sendable {
    let address: NodeAddress
    let client: RedisClient
    let breaker: BreakerDriver
    private let stop = Promise<Void>()

    init(address: NodeAddress, client: RedisClient, breaker: BreakerDriver) {
        self.address = address
        self.client = client
        self.breaker = breaker
    }

    /// Whether commands can be sent at once.
    var isConnected: Bool { client.load.connections > 0 }

    /// Keeps it connected until it is closed or the task is cancelled; those who wait get their answers first.
    ///
    /// - Parameter work: Runs next to it and is cancelled when it ends.
    func run(alongside work: @escaping @Sendable (RedisNode) async -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.client.run() }
            group.addTask { await work(self) }
            await withTaskCancellationHandler {
                await stop.value()
            } onCancel: {
                close()
            }
            group.cancelAll()
        }
    }

    /// Ends ``run(next to:)``.
    func close() {
        stop.settle(())
    }
}
