import ParallaxCore

/// Chooses the instance that each request goes to. The same seed gives the same choices.
struct Balancer: Sendable {
    private let balance: Balance
    private let instances: Int
    private var turn = 0
    private var random: SplitMix64

    init(_ balance: Balance, instances: Int, seed: UInt64) {
        self.balance = balance
        self.instances = instances
        random = SplitMix64(seed: seed)
    }

    /// The place of the instance, from 0.
    mutating func choose(for identity: Identity) -> Int {
        switch balance {
        case .roundRobin:
            defer { turn = turn + 1 == instances ? 0 : turn + 1 }
            return turn
        case .random: return random.integer(in: 0...instances - 1)
        case .client:
            var hash = StableHash()
            hash.combine(identity.organization)
            hash.combine(identity.identifier)
            return Int(hash.value % UInt64(instances))
        }
    }
}
