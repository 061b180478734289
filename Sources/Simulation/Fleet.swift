import ParallaxCore

/// Instances of a service, each limiting by what only it has seen, behind one balancer.
struct Fleet: Sendable {
    let controls: [InMemoryLimiter]
    private var balancer: LoadBalancer

    init(instances: Int, settings: Simulation.Settings) {
        precondition(instances > 0, "a fleet has at least one instance")
        // One thread judges: shards would only cost memory.
        controls = (0..<instances).map { _ in
            InMemoryLimiter(algorithm: settings.algorithm, bounds: settings.bounds, shardCount: 1)
        }
        balancer = LoadBalancer(settings.balance, instances: instances, seed: settings.seed)
    }

    /// Lets the instance whose turn it is judge.
    mutating func judge(_ request: CheckRequest, at now: Timestamp) -> (instance: Int, decision: Decision) {
        let instance = chooseInstance(for: request.identity)
        return (instance, controls[instance].judge(request, at: now))
    }

    /// Whether ``judge(_:at:)`` allows, in less time.
    mutating func admits(_ request: CheckRequest, at now: Timestamp) -> Bool {
        controls[chooseInstance(for: request.identity)].admits(request, at: now)
    }

    private mutating func chooseInstance(for identity: Identity) -> Int {
        controls.count == 1 ? 0 : balancer.choose(for: identity)
    }

    func forget(_ identity: Identity) {
        for control in controls { control.reset(identity) }
    }
}

/// Some of the fleets of a simulation, by their places.
struct FleetSet: Equatable, Sendable {
    static let maximumCount = 32

    private(set) var bits: UInt32 = 0

    var isEmpty: Bool { bits == 0 }

    mutating func insert(_ place: Int) { bits |= 1 << UInt32(place) }

    func contains(_ place: Int) -> Bool { bits & 1 << UInt32(place) != 0 }

    /// Calls `body` with the places from the lowest up.
    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
        var rest = bits
        while rest != 0 {
            body(rest.trailingZeroBitCount)
            rest &= rest - 1
        }
    }
}

/// How a load balancer deals requests out to the instances of a fleet. The raw values are options of the command and
/// keys of its JSON: they never change.
package enum LoadBalancing: String, CaseIterable, Sendable {
    /// One instance after the other.
    case roundRobin = "round-robin"
    /// Any instance, each as likely as the next.
    case random
    /// Always the same instance for the same client: sticky sessions, or a hash of the address.
    case client
}

extension Fleet {
    /// Chooses the instance that each request goes to. The same seed gives the same choices.
    struct LoadBalancer: Sendable {
        private let balance: LoadBalancing
        private let instances: Int
        private var turn = 0
        private var random: SplitMix64

        init(_ balance: LoadBalancing, instances: Int, seed: UInt64) {
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
}
