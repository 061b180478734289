import HeapModule
package import ParallaxCore

/// Traffic of a seed's own making: many quiet clients, some that come in bursts, and one that abuses the service.
///
/// The quiet clients' rates fall as 1/rank (Zipf), as those of real clients do: the first send about once a second, the
/// last hardly ever. The same seed gives the same requests, whatever the duration.
package struct ModelledTraffic: Sequence, Sendable {
    package static let defaultSeed: UInt64 = 20_260_101
    /// The organizations, the busiest first.
    static let organizations = ["acme", "globex", "initech", Identity.globalOrganization]
    static let quietClients = 400
    static let burstingClients = 12

    private let clients: [ModelledClient]
    private let durationMilliseconds: Int64

    /// Traffic from 0 up to but excluding the duration.
    package init(seed: UInt64 = ModelledTraffic.defaultSeed, durationMilliseconds: Int64) {
        var seeds = SplitMix64(seed: seed)
        self.durationMilliseconds = durationMilliseconds
        clients =
            (1...ModelledTraffic.quietClients).map { ModelledTraffic.quiet(rank: $0, seed: seeds.next()) }
            + (1...ModelledTraffic.burstingClients).map { ModelledTraffic.bursting(number: $0, seed: seeds.next()) }
            + [ModelledTraffic.abusive(seed: seeds.next())]
    }

    package func makeIterator() -> Iterator {
        Iterator(clients: Heap(clients), end: Double(durationMilliseconds))
    }

    package struct Iterator: IteratorProtocol {
        fileprivate var clients: Heap<ModelledClient>
        fileprivate let end: Double

        package mutating func next() -> ModelledRequest? {
            guard var client = clients.min, client.next < end else { return nil }
            let request = client.makeRequest()
            clients.replaceMin(with: client)
            return request
        }
    }

    private static func quiet(rank: Int, seed: UInt64) -> ModelledClient {
        // Every eighth client asks for several units at once, as one that works in batches does.
        ModelledClient(
            identity: identity("key-\(rank)", organization: organizations[rank % organizations.count]),
            habit: .steady(meanWait: 900 * Double(rank)), costs: rank.isMultiple(of: 8) ? 1...4 : 1...1, seed: seed)
    }

    private static func bursting(number: Int, seed: UInt64) -> ModelledClient {
        ModelledClient(
            identity: identity("burst-\(number)", organization: organizations[number % organizations.count]),
            habit: .bursts(meanSilence: 15_000, sizes: 8...40, meanWait: 60), seed: seed)
    }

    /// About twenty requests a second where the standard policy grants one.
    private static func abusive(seed: UInt64) -> ModelledClient {
        ModelledClient(
            identity: identity("abusive", organization: organizations[0]), habit: .steady(meanWait: 50), seed: seed)
    }

    private static func identity(_ identifier: String, organization: String) -> Identity {
        // The names above are neither empty nor long.
        try! Identity(organization: organization, identifier: identifier)
    }
}

/// One client of modelled traffic, with its habits and a random sequence of its own.
struct ModelledClient: Sendable {
    /// How a client behaves. Waits are in milliseconds.
    enum Habit: Equatable, Sendable {
        /// Requests one by one, `meanWait` apart on average.
        case steady(meanWait: Double)
        /// Long silences, and between them this many requests one close upon the other.
        case bursts(meanSilence: Double, sizes: ClosedRange<Int>, meanWait: Double)
    }

    let identity: Identity
    let habit: Habit
    /// What its requests cost, each as likely as the next.
    let costs: ClosedRange<Int>
    /// When its next request comes, in milliseconds since the traffic began.
    private(set) var next: Double = 0
    private var leftInBurst = 0
    private var random: SplitMix64

    init(identity: Identity, habit: Habit, costs: ClosedRange<Int> = 1...1, seed: UInt64) {
        self.identity = identity
        self.habit = habit
        self.costs = costs
        random = SplitMix64(seed: seed)
        advance()
    }

    /// Makes its next request, and draws when the one after that comes.
    mutating func makeRequest() -> ModelledRequest {
        let cost = random.integer(in: costs)
        defer { advance() }
        return ModelledRequest(offsetMilliseconds: Int64(next), identity: identity, cost: cost)
    }

    private mutating func advance() {
        switch habit {
        case .steady(let meanWait):
            next += random.exponential(mean: meanWait)
        case .bursts(_, _, let meanWait) where leftInBurst > 0:
            leftInBurst -= 1
            next += random.exponential(mean: meanWait)
        case .bursts(let meanSilence, let sizes, _):
            leftInBurst = random.integer(in: sizes) - 1
            next += random.exponential(mean: meanSilence)
        }
    }
}

/// Ordered by the next request; between equals, by name, so that the order never depends on the heap's.
extension ModelledClient: Comparable {
    static func == (left: ModelledClient, right: ModelledClient) -> Bool {
        left.next == right.next && left.identity == right.identity
    }

    static func < (left: ModelledClient, right: ModelledClient) -> Bool {
        left.next != right.next
            ? left.next < right.next
            : left.identity.identifier.utf8.lexicographicallyPrecedes(right.identity.identifier.utf8)
    }
}

/// One request of modelled traffic.
package struct ModelledRequest: Equatable, Sendable {
    /// When it comes, in milliseconds since the traffic began.
    package let offsetMilliseconds: Int64
    package let identity: Identity
    package let cost: Int

    package init(offsetMilliseconds: Int64, identity: Identity, cost: Int) {
        self.offsetMilliseconds = offsetMilliseconds
        self.identity = identity
        self.cost = cost
    }
}
