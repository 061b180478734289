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
    private let oneShotClient: OneShotClient
    private let settings: RedisSettings
    /// Kept for its order: the sentinel that answered well last is asked first.
    private let search: Mutex<SentinelSearch>

    init(_ sentinels: RedisURL.Sentinels, of url: RedisURL, oneShotClient: OneShotClient, settings: RedisSettings) {
        self.settings = settings
        self.url = url
        self.sentinels = sentinels
        self.oneShotClient = oneShotClient
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
                        try await oneShotClient.ask(search.question, at: sentinels.url(of: sentinel)))
                case .askRole(let server):
                    action = search.roleAnswered(
                        try await oneShotClient.ask(RedisCommand("ROLE"), server, of: url, nodes: nodes))
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
            let connection = oneShotClient.makeConnection(
                to: sentinels.url(of: sentinel), subscribingTo: "+switch-master"
            ) { _ in changed() }
            _ = await connection.listen(askingEvery: settings.socketTimeout, until: { await Promise<Void>.never() })
            if connection.hasServed { backoff.reset() }
            place += 1
            try? await Task.sleep(for: backoff.delay(using: &random))
        }
    }
}

/// Finds the primary: asks the sentinels in turn for it, and the server they name whether it is one. A value.
///
/// Source: https://redis.io/docs/latest/develop/reference/sentinel-clients/
struct SentinelSearch: Equatable, Sendable {
    enum Action: Equatable {
        /// Ask this sentinel who the primary is.
        case askSentinel(NodeAddress)
        /// Ask this server for its role.
        case askRole(NodeAddress)
        case found(Shard)
        case failed(RedisError)
    }

    /// In the order to ask them in; the one that answered well last comes first.
    private(set) var sentinels: [NodeAddress]
    private let masterName: String
    private var place = 0
    private var candidate: NodeAddress?
    /// Servers that were named and are not primaries, or do not answer: not to be asked for every sentinel that names
    /// them.
    private var rejected: [NodeAddress: RedisError] = [:]
    private var failure: RedisError?

    init(_ sentinels: RedisURL.Sentinels) {
        self.sentinels = sentinels.nodes
        masterName = sentinels.masterName
    }

    /// What a sentinel is asked.
    var question: RedisCommand { RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName) }

    /// Begins from the first sentinel.
    mutating func started() -> Action {
        place = 0
        candidate = nil
        rejected = [:]
        failure = nil
        return .askSentinel(sentinels[0])
    }

    /// A sentinel has answered ``question``.
    mutating func sentinelAnswered(_ reply: RedisReply) -> Action {
        switch reply {
        case .array(let parts):
            guard parts.count == 2, let host = parts[0].text, !host.isEmpty,
                let port = parts[1].text.flatMap({ Int($0) }),
                let address = NodeAddress(host: host, announcedPort: port)
            else {
                return failed(RedisError(.server, "a sentinel named the primary by something that is not an address"))
            }
            if let reason = rejected[address] { return failed(reason) }
            candidate = address
            return .askRole(address)
        case .null:
            return failed(
                RedisError(
                    .configuration,
                    "a sentinel knows no primary of the name in the Redis URL; check the name after the list of hosts"))
        case .error(let text):
            return failed(SentinelSearch.refusal(RedisError(serverReply: text)))
        default:
            return failed(RedisError(.server, "a server in the Redis URL's list of sentinels is not a sentinel"))
        }
    }

    /// The server that a sentinel named has answered ROLE.
    mutating func roleAnswered(_ reply: RedisReply) -> Action {
        guard let address = candidate else {
            preconditionFailure("a role was received before any server was asked for it")
        }
        switch reply {
        case .array(let parts) where parts.first?.text == "master":
            sentinels.swapAt(0, place)
            return .found(
                Shard(primary: address, replicas: SentinelSearch.replicas(parts), slots: Shard.everySlot))
        case .error(let text):
            return failed(RedisError(serverReply: text))
        default:
            return failed(
                RedisError(.readOnly, "the server that a sentinel names is not a primary; a failover may be under way"))
        }
    }

    /// The server that was asked last gave no answer, or none of use.
    mutating func failed(_ error: RedisError) -> Action {
        // What a person has to fix says more than a server that is away.
        if failure?.isTransient != false { failure = candidate == nil ? SentinelSearch.refusal(error) : error }
        if let candidate { rejected[candidate] = error }
        candidate = nil
        place += 1
        guard place < sentinels.count else { return .failed(failure ?? error) }
        return .askSentinel(sentinels[place])
    }

    /// The connected replicas in a primary's answer to ROLE.
    private static func replicas(_ parts: [RedisReply]) -> [NodeAddress] {
        guard parts.count > 2, case .array(let replicas) = parts[2] else { return [] }
        return replicas.compactMap { replica in
            guard case .array(let parts) = replica, parts.count >= 2, let host = parts[0].text,
                let port = parts[1].text.flatMap({ Int($0) })
            else { return nil }
            return NodeAddress(host: host, announcedPort: port)
        }
    }

    private static func refusal(_ error: RedisError) -> RedisError {
        guard error.code == .unauthorized else { return error }
        return RedisError(
            .unauthorized,
            "a sentinel refused the login; check sentinel_user and sentinel_password of the Redis URL",
            cause: error.cause)
    }
}
