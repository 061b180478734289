import ParallaxTesting
import DivergenceStore
import ParallaxCore
import Testing

@testable import Simulation

/// Evaluations of a stormy day in a database, judged again.
@Suite struct RejudgedHistoryTests {
    /// Runs a service through an hour of health, errors of 7 %, an outage and errors of 30 %, and stores what a service
    /// would store.
    private func withStormyDay(_ body: (DivergenceStore, [Evaluation]) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let store = try DivergenceStore(path: folder + "/day.sqlite")
            let service = ModelledService(requestsPerSecond: 20, errorPercent: 0.5)
            var seconds = ModelledSeconds(service, seed: 11)
            var evaluator = try RollbackEvaluator()
            var rolledBack: [Evaluation] = []
            let phases: [(Int64, CandidateCondition)] = [
                (600, .healthy), (600, .init(errorPercent: 4)), (600, .healthy), (200, .init(redisSuccessPercent: 0)),
                (600, .healthy), (300, .init(errorPercent: 30)), (600, .healthy),
            ]
            var second: Int64 = 0
            for (length, condition) in phases {
                for _ in 0..<length {
                    second += 1
                    let now = ClockReading(
                        steadyMilliseconds: second * 1000, wall: EvaluatedService.origin + second * 1000)
                    let drawn = seconds.next(atSecond: second, condition, strategy: .hybrid)
                    evaluator.probe(success: drawn.isProbeGood, at: now)
                    evaluator.count(drawn.attempts, at: now)
                    guard second % 10 == 0 else { continue }
                    let outcome = evaluator.evaluate(at: now, strategy: .hybrid)
                    try await store.record(outcome.evaluations)
                    for case .rollBack(let evaluation) in outcome.actions { rolledBack.append(evaluation) }
                }
            }
            try await body(store, rolledBack)
        }
    }

    @Test("the same settings fire exactly when they fired")
    func same() async throws {
        try await withStormyDay { store, rolledBack in
            let history = try await RejudgedHistory.read(store, since: nil, until: nil, changes: .init())
            #expect(history.wouldFire == history.fired)
            #expect(history.counts.values.allSatisfy { $0.changed == 0 && $0.unknown == 0 && $0.evaluations == 350 })
            #expect(history.fired.map(\.trigger) == [.redisDown, .errorRate])
            // Every evaluation that asked for a rollback lies in an episode, and each episode began with one.
            for episode in history.fired {
                let asked = rolledBack.filter { $0.trigger == episode.trigger }
                #expect(asked.first == episode.first)
                #expect(asked.count == episode.evaluations)
                #expect(asked.last?.time == episode.end)
                #expect(episode.isInPlay)
            }
        }
    }

    @Test("other settings fire where they must, and where they must not they do not")
    func others() async throws {
        try await withStormyDay { store, _ in
            let lower = try await RejudgedHistory.read(
                store, since: nil, until: nil, changes: .with { $0.errorRatePercent = 2 })
            #expect(lower.wouldFire.map(\.trigger) == [.errorRate, .redisDown, .errorRate])
            #expect(lower.fired.map(\.trigger) == [.redisDown, .errorRate])
            #expect(lower.wouldFire[0].first.sentence.contains("limit 2 %"))
            let higher = try await RejudgedHistory.read(
                store, since: nil, until: nil,
                changes: .with {
                    $0.errorRatePercent = 40
                    $0.redisDownSeconds = 250
                })
            #expect(higher.wouldFire.isEmpty)
            #expect(try #require(higher.counts[.errorRate]).changed > 0)
            let hasty = try await RejudgedHistory.read(
                store, since: nil, until: nil, changes: .with { $0.outagesAsErrors = true })
            #expect(hasty.wouldFire.map(\.trigger) == [.errorRate, .redisDown, .errorRate])
        }
    }

    @Test("only the time that is asked for is judged")
    func period() async throws {
        try await withStormyDay { store, _ in
            let since = EvaluatedService.origin + 2_500_000
            let history = try await RejudgedHistory.read(
                store, since: since, until: since + 100_000, changes: .init())
            #expect(history.first == since)
            #expect(history.last == since + 90_000)
            #expect(history.fired.isEmpty)
        }
    }

    @Test("an episode ends where its trigger stops to fire, and others do not end it")
    func episodes() {
        var episodes = FiringEpisodes()
        func add(_ trigger: Trigger, _ state: TriggerState, at second: Int64) {
            episodes.add(
                Evaluation(
                    trigger: trigger, time: Timestamp(milliseconds: second * 1000), state: state,
                    numbers: ["candidateInPlay": second < 40 ? 0 : 1], sentence: ""))
        }
        for second in Int64(1)...5 {
            add(.redisDown, second == 3 ? .ok : .firing, at: second * 10)
            add(.errorRate, .suspect, at: second * 10)
        }
        #expect(episodes.all.map(\.evaluations) == [2, 2])
        #expect(episodes.all.map(\.end.milliseconds) == [20_000, 50_000])
        #expect(episodes.all.map(\.isInPlay) == [false, true])
        #expect(!episodes.all[0].overlaps(episodes.all[1]))
        #expect(episodes.all[0].overlaps(episodes.all[0]))
    }
}

extension RollbackSettings.Changes {
    fileprivate static func with(_ change: (inout RollbackSettings.Changes) -> Void) -> RollbackSettings.Changes {
        var changes = RollbackSettings.Changes()
        change(&changes)
        return changes
    }
}
