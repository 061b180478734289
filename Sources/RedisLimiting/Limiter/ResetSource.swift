/// A server that announces resets, and until when it does.
struct ResetSource: Sendable {
    let client: RedisClient
    /// Suspends until another server is to be listened to, or the task is cancelled.
    let hasGone: @Sendable () async -> Void
}

extension RedisServers {
    /// The server to listen to; `nil` if none is known at the moment.
    ///
    /// A node of a cluster hears what was published at any other. One that is left has nothing to tell any more,
    /// however well its connection is.
    var resetSource: ResetSource? {
        switch self {
        case .one(let client, _):
            return ResetSource(client: client, hasGone: { await Eventual<Void>.never() })
        case .several(let router):
            let nodes = router.nodes.nodes
            guard let node = nodes.filter(\.isConnected).randomElement() ?? nodes.randomElement() else { return nil }
            return ResetSource(client: node.client, hasGone: { await router.waitUntilLeft(node) })
        }
    }
}

extension TopologyRouter {
    fileprivate func waitUntilLeft(_ node: RedisNode) async {
        while !Task.isCancelled {
            let looks = looked.count
            guard nodes.node(at: node.address) === node else { return }
            await looked.waitForMore(than: looks)
        }
    }
}
