import ParallaxCore

/// Instances of a service, each limiting by what only it has seen, behind one balancer.
struct Fleet: Sendable {
    let controls: [InMemoryLimiter]
    private var balancer: Balancer

    init(instances: Int, settings: Simulation.Settings) {
        precondition(instances > 0, "a fleet has at least one instance")
        // One thread judges: shards would only cost memory.
        controls = (0..<instances).map { _ in
            InMemoryLimiter(algorithm: settings.algorithm, bounds: settings.bounds, shardCount: 1)
        }
        balancer = Balancer(settings.balance, instances: instances, seed: settings.seed)
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
