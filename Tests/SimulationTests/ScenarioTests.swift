import ParallaxCore
import Simulation
import Testing

/// Fleets whose true causes are known: what each divergence was put down to.
@Suite struct ScenarioTests {
    private static let duration: Int64 = 240_000
    private static let catalogue = Scenario.catalogue(durationMilliseconds: duration)

    @Test(
        "a scenario's divergences carry their true cause, 99 % of them or its own share", arguments: catalogue.indices)
    func causes(_ index: Int) {
        let scenario = Self.catalogue[index]
        let table = ScenarioRun.table(of: scenario, durationMilliseconds: Self.duration)
        #expect(
            Double(table.right) >= scenario.minimumShare * Double(table.diverged), "\(scenario.name): \(table.counts)")
        #expect(Set(table.counts.keys).isSubset(of: scenario.expected), "\(scenario.name): \(table.counts)")
        // Without divergences there would be nothing to be right about.
        #expect(scenario.expected.isEmpty ? table.diverged == 0 : table.diverged > 300, scenario.commentForTests)
        #expect(table.agreed > 2_000, scenario.commentForTests)
    }

    @Test("each cause that a scenario is made for turns up in it")
    func causesTurnUp() {
        let made: [String: DivergenceCause] = [
            "4 instances, round-robin": .otherInstances, "restarted": .restart, "FLUSHALL": .lostWrites,
            "clock steps 2 s ahead": .clockSkew, "outage of 20 s": .carriedOver, "bounded memory": .eviction,
            "delay up to 3 ms": .boundary, "fixed_window in memory": .algorithm,
        ]
        for scenario in Self.catalogue {
            guard let cause = made[scenario.name] else { continue }
            let table = ScenarioRun.table(of: scenario, durationMilliseconds: Self.duration)
            #expect(table.given(cause) > 20, scenario.commentForTests)
            #expect(table.given(.unexplained) == 0, scenario.commentForTests)
        }
        #expect(Set(made.keys).isSubset(of: Self.catalogue.map(\.name)))
    }
}

extension Scenario {
    fileprivate var commentForTests: Comment { "\(name)" }
}
