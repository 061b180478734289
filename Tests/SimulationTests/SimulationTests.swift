import ParallaxCore
import Testing

@testable import Simulation

@Suite struct SimulationTests {
    private static let policy = try! Policy(windows: [
        Window(name: "second", limit: 3, durationMilliseconds: 1000),
        Window(name: "minute", limit: 20, durationMilliseconds: 60_000),
    ])

    /// Modelled traffic through a simulation, the candidate in memory, quiet clients forgotten as a replay does.
    private func run(
        _ settings: Simulation.Settings, policy: Policy = policy, seconds: Int64 = 200, seed: UInt64 = 7,
        each: (Simulation.Trial, Decision, Comparison) -> Void = { _, _, _ in }
    ) throws -> Simulation {
        var simulation = Simulation(policy: policy, settings: settings)
        let candidate = InMemoryLimiter(bounds: .unbounded, shardCount: 1)
        for request in ModelledTraffic(seed: seed, durationMilliseconds: seconds * 1000) {
            // Some stamps are the same, as in logs of whole seconds.
            let time = Timestamp(milliseconds: 1_600_000_000_000 + request.offsetMilliseconds / 500 * 500)
            let cost = min(request.cost, policy.smallestLimit)
            let trial = try simulation.judge(request.identity, cost: cost, at: time)
            let decision = candidate.judge(trial.request, at: time)
            each(trial, decision, simulation.conclude(trial, candidate: decision))
            if simulation.hasManyClients {
                for identity in simulation.forgetQuietClients(at: time) { candidate.reset(identity) }
            }
        }
        return simulation
    }

    private func settings(_ instances: Int, _ balance: LoadBalancing = .roundRobin) -> Simulation.Settings {
        var settings = Simulation.Settings()
        settings.instances = instances
        settings.balance = balance
        settings.forecastSizes = [1, 2, 4, 8]
        return settings
    }

    @Test("one instance gives no divergence at all", arguments: LoadBalancing.allCases)
    func oneInstance(balance: LoadBalancing) throws {
        var compared = 0
        var divergent = 0
        _ = try run(settings(1, balance)) { _, _, comparison in
            compared += 1
            if comparison.result != .agreed { divergent += 1 }
        }
        #expect(compared > 1000)
        #expect(divergent == 0)
    }

    @Test("a balancer that keeps every client on one instance gives no divergence either")
    func sticky() throws {
        var instances: Set<Int> = []
        _ = try run(settings(4, .client)) { trial, _, comparison in
            instances.insert(trial.instance)
            #expect(comparison.result == .agreed)
        }
        #expect(instances == [0, 1, 2, 3])
    }

    @Test("several instances let more through, and every divergence comes from the others or follows from one that did")
    func severalInstances() throws {
        var causes: [DivergenceCause: Int] = [:]
        let simulation = try run(settings(4)) { _, _, comparison in
            if case .diverged(_, let cause) = comparison.result { causes[cause, default: 0] += 1 }
        }
        #expect(Set(causes.keys).isSubset(of: [.otherInstances, .carriedOver, .boundary]))
        #expect(causes[.otherInstances, default: 0] > 100)
        let allowed = simulation.makeForecast(top: 0).fleets.map(\.allowed.units)
        #expect(allowed == allowed.sorted())
        #expect(allowed.first! < allowed.last!)
    }

    @Test("the forecast's volumes are what each fleet and the candidate said, request by request")
    func volumes() throws {
        var offered = Forecast.Volume()
        var shared = Forecast.Volume()
        var fleets: [Int: Forecast.Fleet] = [
            1: .init(instances: 1), 2: .init(instances: 2), 4: .init(instances: 4), 8: .init(instances: 8),
        ]
        var refused: [Int: [Identity: Int]] = [:]
        let simulation = try run(settings(4)) { trial, decision, _ in
            offered.add(trial.request.cost)
            if decision.isAllowed { shared.add(trial.request.cost) }
            for (place, size) in [1, 2, 4, 8].enumerated() {
                let isAllowed = trial.admitting.contains(place)
                if isAllowed {
                    fleets[size]!.allowed.add(trial.request.cost)
                } else {
                    fleets[size]!.limited.add(trial.request.cost)
                }
                if isAllowed, !decision.isAllowed {
                    fleets[size]!.newlyLimited.add(trial.request.cost)
                    refused[size, default: [:]][trial.request.identity, default: 0] += 1
                }
                if !isAllowed, decision.isAllowed { fleets[size]!.newlyAllowed.add(trial.request.cost) }
            }
        }
        let forecast = simulation.makeForecast(top: 3)
        #expect(forecast.offered == offered)
        #expect(forecast.sharedAllowed == shared)
        #expect(forecast.sharedLimited.requests == offered.requests - shared.requests)
        for fleet in forecast.fleets {
            let expected = fleets[fleet.instances]!
            #expect(fleet.allowed == expected.allowed)
            #expect(fleet.limited == expected.limited)
            #expect(fleet.newlyLimited == expected.newlyLimited)
            #expect(fleet.newlyAllowed == expected.newlyAllowed)
            let clients = refused[fleet.instances] ?? [:]
            #expect(fleet.newlyLimitedClients == clients.count)
            #expect(fleet.mostNewlyLimited.map(\.requests) == Array(clients.values.sorted(by: >).prefix(3)))
        }
        #expect(forecast.fleets[0].newlyLimited.requests == 0)
        #expect(forecast.fleets[2].newlyLimited.requests > 100)
    }

    @Test(
        "under the limits that a fleet needs, the shared limiter refuses none of its traffic; one less in any window, some",
        arguments: [0, 1, 2, 3])
    func neededLimits(place: Int) throws {
        var admitted: [(CheckRequest, Timestamp)] = []
        let simulation = try run(settings(4)) { trial, _, _ in
            if trial.admitting.contains(place) { admitted.append((trial.request, trial.time)) }
        }
        let needed = simulation.makeForecast(top: 0).fleets[place].limits
        func refusals(lowering lowered: Int?) throws -> Int {
            let windows = needed.enumerated().map { index, limit in
                Window(
                    name: limit.window, limit: limit.needed - (index == lowered ? 1 : 0),
                    durationMilliseconds: limit.durationMilliseconds)
            }
            let policy = try Policy(windows: windows)
            let limiter = InMemoryLimiter(bounds: .unbounded)
            return admitted.count { request, time in
                // A cost above the smallest limit can never be accepted.
                guard
                    let request = try? CheckRequest(identity: request.identity, policy: policy, cost: request.cost)
                else { return true }
                return !limiter.judge(request, at: time).isAllowed
            }
        }
        #expect(try refusals(lowering: nil) == 0)
        for window in needed.indices { #expect(try refusals(lowering: window) > 0) }
    }

    @Test("forgetting quiet clients changes nothing", arguments: LimiterAlgorithm.allCases)
    func forgetting(algorithm: LimiterAlgorithm) throws {
        func outcome(room: Int) throws -> (forecast: Forecast, results: [Comparison.Result], remembered: Int) {
            var settings = settings(3)
            settings.algorithm = algorithm
            settings.roomForClients = room
            var results: [Comparison.Result] = []
            let simulation = try run(settings, seconds: 600) { results.append($2.result) }
            return (simulation.makeForecast(top: 10), results, simulation.identities.count)
        }
        let all = try outcome(room: 100_000)
        let few = try outcome(room: 8)
        #expect(few.remembered < all.remembered)
        #expect(few.forecast == all.forecast)
        #expect(few.results == all.results)
    }

    @Test("every legacy algorithm is simulated as what it is", arguments: LimiterAlgorithm.allCases)
    func algorithms(algorithm: LimiterAlgorithm) throws {
        var settings = settings(1)
        settings.algorithm = algorithm
        var causes: Set<DivergenceCause> = []
        _ = try run(settings) { _, _, comparison in
            if case .diverged(_, let cause) = comparison.result { causes.insert(cause) }
        }
        #expect(causes.contains(.algorithm) == (algorithm != .slidingLog))
        #expect(causes.subtracting([.algorithm, .boundary]).isEmpty)
    }

    @Test("the same seed deals out alike, and another one does not")
    func seeds() throws {
        func instances(seed: UInt64) throws -> [Int] {
            var settings = settings(4, .random)
            settings.seed = seed
            var instances: [Int] = []
            _ = try run(settings, seconds: 60) { trial, _, _ in instances.append(trial.instance) }
            return instances
        }
        #expect(try instances(seed: 1) == instances(seed: 1))
        #expect(try instances(seed: 1) != instances(seed: 2))
        #expect(Set(try instances(seed: 1)) == [0, 1, 2, 3])
    }

    @Test("what the candidate gave no verdict on is counted apart")
    func undecided() throws {
        var simulation = Simulation(policy: Self.policy, settings: settings(2))
        let identity = try Identity(identifier: "a")
        let trial = try simulation.judge(identity, at: Timestamp(milliseconds: 1000))
        let comparison = simulation.conclude(trial, candidate: .unavailable(.timedOut))
        #expect(comparison.result == .incomparable(.timedOut))
        let forecast = simulation.makeForecast(top: 1)
        #expect(forecast.undecided == 1)
        #expect(forecast.offered.requests == 0)
        #expect(forecast.fleets.allSatisfy { $0.allowed.requests == 0 })
    }
}
