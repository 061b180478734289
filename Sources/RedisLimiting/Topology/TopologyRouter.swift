import Logging
import NIOCore
import ParallaxCore
import ServiceLifecycle
import Synchronization

/// Sends every command to the primary that serves its slot, and keeps up with which that is.
final class TopologyRouter: Sendable {
    private let finder: any TopologyFinder
    private let logger: Logger
    private let problemLog: ProblemLog
    let nodes: NodeDirectory
    let askingNodes: NodeDirectory
    let topology = Mutex(Topology())
    let refresh: RefreshDriver
    /// Happens after every look at the topology.
    let looked: Broadcast
    /// Why the last look told nothing.
    let problem = Mutex<RedisError?>(nil)
    private let asked = Mutex<[NodeAddress: NIODeadline]>([:])
    private let stop = Promise<Void>()

    /// How long the connection for ASKING to a node is kept without use.
    private static let askingKept = TimeAmount.seconds(60)

    init(nodeFactory: NodeFactory, finder: any TopologyFinder, logger: Logger) {
        self.finder = finder
        self.logger = logger
        problemLog = ProblemLog(
            "the primaries of Redis could not be found", end: "the primaries of Redis were found again", logger: logger)
        nodes = NodeDirectory { nodeFactory.makeNode(at: $0) }
        askingNodes = NodeDirectory { nodeFactory.makeAskingNode(at: $0) }
        refresh = nodeFactory.refresh
        looked = Broadcast(eventLoops: nodeFactory.eventLoops)
    }

    /// Whether keys are spread over several primaries by their slots.
    var spreadsKeys: Bool { finder.spreadsKeys }

    /// Runs something on the primary of a slot, following where servers send it.
    ///
    /// - Parameters:
    ///   - deadline: Until when to wait for the primary to be found; the body has its own.
    ///   - body: Sends the command. Called again, for another server, if one said that it did not carry it out.
    /// - Throws: ``RedisError`` if no server answered, or the body's.
    func perform<Result>(
        on slot: ClusterSlot, deadline: NIODeadline, _ body: (RedisNode) async throws(RedisError) -> Result
    ) async throws(RedisError) -> Result {
        var redirectPolicy = RedirectPolicy()
        var node = try await primary(of: slot, deadline: deadline)
        while true {
            do throws(RedisError) {
                return try await body(node)
            } catch {
                node = try await follow(
                    error, from: node, slot: slot, deadline: deadline, step: redirectPolicy.step(after: error))
            }
        }
    }

    /// Keeps all primaries connected until the task is cancelled or the service shuts down.
    ///
    /// - Parameter work: Runs next to every primary.
    func run(alongside work: @escaping @Sendable (RedisNode) async -> Void) async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.nodes.run(alongside: work) }
                group.addTask { await self.askingNodes.run(alongside: { _ in }) }
                group.addTask { await self.keepLooking() }
                group.addTask { await self.finder.listen { self.refresh.want() } }
                await stop.value()
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            self.stop.settle(())
        }
    }
}

// MARK: Finding the node
extension TopologyRouter {
    /// The primary of a slot; waits for the first look if there was none yet.
    private func primary(of slot: ClusterSlot, deadline: NIODeadline) async throws(RedisError) -> RedisNode {
        if let node = knownPrimary(of: slot) { return node }
        if looked.count == 0 {
            await looked.waitForMore(than: 0, until: deadline)
            if let node = knownPrimary(of: slot) { return node }
            if looked.count == 0 { throw .late }
        }
        refresh.want()
        throw problem.withLock { $0 } ?? TopologyRouter.unserved
    }

    private func knownPrimary(of slot: ClusterSlot) -> RedisNode? {
        guard let address = topology.withLock({ $0.primary(of: slot) }) else { return nil }
        return nodes.node(at: address) ?? nodes.open(address)
    }

    /// The node that a failure leads to.
    ///
    /// - Throws: The failure, if it leads nowhere.
    private func follow(
        _ error: RedisError, from node: RedisNode, slot: ClusterSlot, deadline: NIODeadline, step: RedirectPolicy.Step
    ) async throws(RedisError) -> RedisNode {
        switch step {
        case .move(let address):
            let address = address.announced(by: node.address)
            topology.withLock { $0.moved(slot, to: address, at: .now()) }
            refresh.want()
            if let next = nodes.open(address) { return next }
        case .ask(let address):
            let address = address.announced(by: node.address)
            asked.withLock { $0[address] = .now() }
            if let next = askingNodes.open(address) { return next }
        case .lookAgain:
            let looks = looked.count
            if let next = knownPrimary(of: slot), next !== node { return next }
            refresh.want(suspecting: node.address)
            await looked.waitForMore(than: looks, until: deadline)
            if let next = knownPrimary(of: slot), next !== node { return next }
        case .failAndLook:
            refresh.want(suspecting: node.address)
        case .fail:
            break
        }
        throw error
    }

    private static let unserved = RedisError(
        .clusterDown, "no node of the Redis Cluster serves the slot of this key; look at CLUSTER INFO")
}

// MARK: Looking
extension TopologyRouter {
    private func keepLooking() async {
        while !Task.isCancelled {
            await refresh.waitUntilDue()
            if Task.isCancelled { return }
            await look()
        }
    }

    private func look() async {
        let (wasWanted, suspect) = refresh.began()
        do throws(RedisError) {
            let shards = try await finder.find(
                knowing: topology.withLock { $0 }, nodes: nodes, suspect: suspect)
            learned(shards)
        } catch {
            noteProblem(error)
        }
        closeIdleAsking()
        refresh.ended(isSettled: isSettled, wasWanted: wasWanted)
        looked.announce()
    }

    private func learned(_ shards: [Shard]) {
        let (before, after) = topology.withLock { topology in
            let before = topology.primaries.map(\.address)
            topology.learned(shards, at: .now())
            return (before, topology.primaries.map(\.address))
        }
        nodes.keep(only: after)
        if Set(before) != Set(after) {
            logger.notice(
                "the primaries of Redis have changed",
                metadata: ["before": "\(before)", "now": "\(after)"])
        }
        problem.withLock { $0 = nil }
        problemLog.ended()
    }

    private func noteProblem(_ error: RedisError) {
        problem.withLock { $0 = error }
        problemLog.occurred(error)
    }

    /// Whether the last look told all, and all is as it should be.
    ///
    /// A primary that hangs stays connected and is still named until it is replaced; its breaker tells.
    private var isSettled: Bool {
        problem.withLock { $0 == nil } && topology.withLock { $0.uncovered == 0 }
            && nodes.nodes.allSatisfy { $0.isConnected && $0.breaker.admits }
    }

    private func closeIdleAsking() {
        let used = asked.withLock { asked in
            asked = asked.filter { $0.value + TopologyRouter.askingKept > .now() }
            return asked
        }
        askingNodes.keep(only: Array(used.keys))
    }
}
