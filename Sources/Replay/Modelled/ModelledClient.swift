import ParallaxCore

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
