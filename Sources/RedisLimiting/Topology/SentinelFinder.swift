import Synchronization

/// Finds the one primary by asking sentinels, and hears from one of them when another server has become it.
///
/// After a failover that was asked for, the old primary goes on accepting for seconds: what it accepts is lost, so that
/// it must be left at once. A message is only a reason to ask. Nothing relies on it: the sentinels are also asked once
/// a second, and after a lost connection or an answer of a replica.
final class SentinelFinder: TopologyFinder {
    let interval = Duration.seconds(1)
    let spreadsKeys = false
    private let url: RedisURL
    private let sentinels: RedisURL.Sentinels
    private let inquiry: Inquiry
    private let settings: RedisSettings
    /// Kept for its order: the sentinel that answered well last is asked first.
    private let search: Mutex<SentinelSearch>

    init(_ sentinels: RedisURL.Sentinels, of url: RedisURL, inquiry: Inquiry, settings: RedisSettings) {
        self.settings = settings
        self.url = url
        self.sentinels = sentinels
        self.inquiry = inquiry
        search = Mutex(SentinelSearch(sentinels))
    }

    func find(
        knowing topology: Topology, nodes: NodeDirectory, suspect: NodeAddress?
    ) async throws(RedisError) -> [Shard] {
        var search = search.withLock { $0 }
        var action = search.started()
        while true {
            do throws(RedisError) {
                switch action {
                case .askSentinel(let sentinel):
                    action = search.sentinelAnswered(
                        try await inquiry.ask(search.question, at: sentinels.url(of: sentinel)))
                case .askRole(let server):
                    action = search.roleAnswered(
                        try await inquiry.ask(RedisCommand("ROLE"), server, of: url, nodes: nodes))
                case .found(let shard):
                    self.search.withLock { $0 = search }
                    return [shard]
                case .failed(let error):
                    throw error
                }
            } catch {
                if case .failed = action { throw error }
                action = search.failed(error)
            }
        }
    }
}

// MARK: Listening
extension SentinelFinder {
    func listen(_ changed: @escaping @Sendable () -> Void) async {
        var backoff = Backoff(delays: settings.reconnectDelays)
        var random = SystemRandomNumberGenerator()
        var place = 0
        while !Task.isCancelled {
            let sentinel = sentinels.nodes[place % sentinels.nodes.count]
            let connection = inquiry.makeConnection(
                to: sentinels.url(of: sentinel), subscribingTo: "+switch-master"
            ) { _ in changed() }
            _ = await connection.listen(askingEvery: settings.socketTimeout, until: { await Eventual<Void>.never() })
            if connection.hasServed { backoff.reset() }
            place += 1
            try? await Task.sleep(for: backoff.delay(using: &random))
        }
    }
}
