package import ParallaxCore

/// A fleet under modelled traffic, in virtual time, and what goes wrong in it: the causes of its divergences are known.
package struct Scenario: Sendable {
    /// Which instance gets the next request.
    package enum LoadBalancing: Sendable {
        case roundRobin
        case random(seed: UInt64)
    }

    /// What goes wrong once. Times are milliseconds since the traffic began.
    package enum Fault: Sendable {
        /// An instance starts again, its memory empty.
        case restart(instance: Int, at: Int64)
        /// Redis loses everything.
        case flush(at: Int64)
        /// Redis loses what it accepted within so many milliseconds before, as when a replica that lags is promoted.
        case failover(at: Int64, lagMilliseconds: Int64)
        /// Redis's clock steps.
        case clockStep(at: Int64, milliseconds: Int64)
        /// The clock of all instances steps, and not Redis's.
        case instanceClockStep(at: Int64, milliseconds: Int64)
        /// The candidate cannot be reached for a while.
        case outage(from: Int64, to: Int64)
        /// An instance takes up another policy.
        case policy(Policy, instance: Int, at: Int64)
    }

    package let name: String
    package let instances: Int
    package let balance: LoadBalancing
    package let algorithm: LimiterAlgorithm
    /// The most identities that each control remembers; `nil` if it never forgets any here.
    package let controlIdentities: Int?
    /// The most milliseconds that the candidate judges later than control, each as likely as the next.
    package let delayMilliseconds: Int64
    package let faults: [Fault]
    /// Causes that its divergences can have; empty if there must be no divergence at all.
    package let expected: Set<DivergenceCause>
    /// The share of its divergences that must be given their true cause.
    package let minimumShare: Double

    package init(
        _ name: String, instances: Int = 1, balance: LoadBalancing = .roundRobin,
        algorithm: LimiterAlgorithm = .slidingLog,
        controlIdentities: Int? = nil, delayMilliseconds: Int64 = 0, faults: [Fault] = [],
        expected: Set<DivergenceCause>, minimumShare: Double = 0.99
    ) {
        self.name = name
        self.instances = instances
        self.balance = balance
        self.algorithm = algorithm
        self.controlIdentities = controlIdentities
        self.delayMilliseconds = delayMilliseconds
        self.faults = faults
        self.expected = expected
        self.minimumShare = minimumShare
    }
}

extension Scenario {
    /// Those that every change of the causes is held against. Faults come when a third of the traffic is through.
    ///
    /// - Parameter durationMilliseconds: Of the traffic.
    package static func catalogue(durationMilliseconds: Int64) -> [Scenario] {
        let third = durationMilliseconds / 3
        return [Scenario("one instance", expected: [])] + fleets + algorithms + restarts(at: third)
            + losses(at: third) + clocks(at: third) + others(at: third)
    }

    /// What several instances bring about with nothing going wrong.
    private static let ofFleets: Set<DivergenceCause> = [.otherInstances, .carriedOver, .boundary]

    private static var fleets: [Scenario] {
        [2, 4, 8].flatMap { count in
            [
                Scenario("\(count) instances, round-robin", instances: count, expected: ofFleets),
                Scenario(
                    "\(count) instances, at random", instances: count, balance: .random(seed: 7), expected: ofFleets),
            ]
        }
    }

    private static var algorithms: [Scenario] {
        LimiterAlgorithm.allCases.filter { $0 != .slidingLog }.map { algorithm in
            Scenario("\(algorithm.rawValue) in memory", algorithm: algorithm, expected: [.algorithm, .boundary])
        }
    }

    private static func restarts(at time: Int64) -> [Scenario] {
        [
            Scenario(
                "restarted", faults: [.restart(instance: 0, at: time)], expected: [.restart, .carriedOver, .boundary]),
            Scenario(
                "4 instances, one restarted", instances: 4, faults: [.restart(instance: 1, at: time)],
                expected: ofFleets.union([.restart])),
        ]
    }

    private static func losses(at time: Int64) -> [Scenario] {
        let failover = Fault.failover(at: time, lagMilliseconds: 3_000)
        let expected: Set<DivergenceCause> = [.lostWrites, .carriedOver, .boundary]
        return [
            Scenario("FLUSHALL", faults: [.flush(at: time)], expected: expected),
            Scenario(
                "4 instances, FLUSHALL", instances: 4, faults: [.flush(at: time)], expected: expected.union(ofFleets)),
            Scenario("failover losing 3 s", faults: [failover], expected: expected),
            Scenario(
                "4 instances, failover losing 3 s", instances: 4, faults: [failover], expected: expected.union(ofFleets)
            ),
            Scenario(
                "outage of 20 s", faults: [.outage(from: time, to: time + 20_000)], expected: [.carriedOver, .boundary]),
        ]
    }

    private static func clocks(at time: Int64) -> [Scenario] {
        let expected: Set<DivergenceCause> = [.clockSkew, .carriedOver, .boundary]
        return [
            Scenario("clock 2 s ahead from the start", faults: [.clockStep(at: 0, milliseconds: 2_000)], expected: []),
            Scenario(
                "clock steps 2 s ahead", faults: [.clockStep(at: time, milliseconds: 2_000)], expected: expected),
            Scenario(
                "clock steps 2 s back", faults: [.clockStep(at: time, milliseconds: -2_000)], expected: expected),
            Scenario("delay up to 3 ms", delayMilliseconds: 3, expected: [.boundary, .carriedOver]),
        ] + excursions(at: time, expected: expected)
    }

    /// Clocks that are ahead for a moment, and steps back that last.
    private static func excursions(at time: Int64, expected: Set<DivergenceCause>) -> [Scenario] {
        let moment = time + 300
        let steps: [(name: String, milliseconds: Int64)] = [("2 h", 7_200_000), ("3 s", 3_000)]
        return steps.flatMap { name, step -> [Scenario] in
            [
                Scenario(
                    "Redis's clock \(name) ahead for a moment",
                    faults: [.clockStep(at: time, milliseconds: step), .clockStep(at: moment, milliseconds: -step)],
                    expected: expected),
                Scenario(
                    "4 instances, Redis's clock \(name) ahead for a moment", instances: 4,
                    faults: [.clockStep(at: time, milliseconds: step), .clockStep(at: moment, milliseconds: -step)],
                    // An instance that was not asked meanwhile about an identity sees only what followed.
                    expected: expected.union(ofFleets), minimumShare: 0.985),
                Scenario(
                    "4 instances, their clock \(name) ahead for a moment", instances: 4,
                    faults: [
                        .instanceClockStep(at: time, milliseconds: step),
                        .instanceClockStep(at: moment, milliseconds: -step),
                    ], expected: expected.union(ofFleets)),
                Scenario(
                    "the instance's clock \(name) ahead for a moment",
                    faults: [
                        .instanceClockStep(at: time, milliseconds: step),
                        .instanceClockStep(at: moment, milliseconds: -step),
                    ], expected: expected),
                Scenario(
                    "Redis's clock steps \(name) back for good", faults: [.clockStep(at: time, milliseconds: -step)],
                    expected: expected),
                Scenario(
                    "the instance's clock steps \(name) back for good",
                    faults: [.instanceClockStep(at: time, milliseconds: -step)], expected: expected),
            ]
        }
    }

    private static func others(at time: Int64) -> [Scenario] {
        // The standard windows under twice their limits: as many, with the same names.
        let raised = try! Policy(
            windows: Policy.defaultValue.windows.map { window in
                Window(name: window.name, limit: window.limit * 2, durationMilliseconds: window.durationMilliseconds)
            })
        return [
            Scenario("bounded memory", controlIdentities: 64, expected: [.eviction, .carriedOver, .boundary]),
            Scenario(
                "2 instances, policy raised on one first", instances: 2,
                faults: [
                    .policy(raised, instance: 0, at: time), .policy(raised, instance: 1, at: time + 30_000),
                ], expected: ofFleets),
        ]
    }
}
