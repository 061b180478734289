import GRDB
import ParallaxCore
import Testing

@testable import DivergenceStore

@Suite struct RollbackTests {
    @Test("evaluations come back newest first, by trigger and time, with every figure")
    func keepsEvaluations() async throws {
        try await withStore { store in
            let evaluations = Trigger.allCases.enumerated().flatMap { index, trigger in
                TriggerState.allCases.enumerated().map { step, state in
                    Evaluation(
                        trigger: trigger, time: .sample + Int64(step * 10 + index), state: state,
                        numbers: ["share": 1.0 / 3, "bound": .infinity, "low": -.infinity, "count": 1e18],
                        sentence: "it's 7.9 %\0 \"so\"")
                }
            }
            try await store.record(evaluations)
            let newestFirst = evaluations.sorted { $0.time > $1.time }
            #expect(try await store.evaluations(limit: 99) == newestFirst)
            #expect(
                try await store.evaluations(.errorRate, limit: 2)
                    == Array(newestFirst.filter { $0.trigger == .errorRate }.prefix(2)))
            #expect(
                try await store.evaluations(since: .sample + 20, limit: 99)
                    == newestFirst.filter { $0.time >= .sample + 20 })
        }
    }

    @Test("a number that this release does not know survives, also NaN")
    func keepsNotANumber() async throws {
        try await withStore { store in
            try await store.record([evaluation(numbers: ["share": .nan])])
            #expect(try await store.evaluations(limit: 1)[0].numbers["share"]?.isNaN == true)
        }
    }

    @Test("rollbacks come back newest first, as they were")
    func keepsRollbacks() async throws {
        try await withStore { store in
            let rollbacks = [
                rollback(), rollback(isDryRun: true),
                rollback(acknowledgement: Acknowledgement(time: .sample, by: "Ada\0", reason: "'; --")),
            ]
            var ids: [Int64] = []
            for rollback in rollbacks { ids.append(try await store.record(rollback)) }
            let stored = try await store.rollbacks(limit: 9)
            #expect(stored.map(\.rollback) == rollbacks.reversed())
            #expect(stored.map(\.id) == ids.reversed())
        }
    }

    @Test("the latest rollback holds until it is acknowledged; a dry run holds nothing")
    func findsUnacknowledged() async throws {
        try await withStore { store in
            #expect(try await store.latestUnacknowledgedRollback() == nil)
            let first = try await store.record(rollback())
            let second = try await store.record(rollback())
            try await store.record(rollback(isDryRun: true))
            #expect(try await store.latestUnacknowledgedRollback()?.id == second)
            let seen = Acknowledgement(time: .sample, by: "Ada", reason: "fixed")
            #expect(try await store.acknowledge(.one(second), seen) == 1)
            #expect(try await store.latestUnacknowledgedRollback()?.id == first)
            #expect(try await store.acknowledge(.all, seen) == 2)
            #expect(try await store.latestUnacknowledgedRollback() == nil)
        }
    }

    @Test("the first acknowledgement stays")
    func keepsFirstAcknowledgement() async throws {
        try await withStore { store in
            let id = try await store.record(rollback())
            let first = Acknowledgement(time: .sample, by: "Ada", reason: "fixed")
            try await store.acknowledge(.one(id), first)
            let later = Acknowledgement(time: .sample + 1, by: "Bob", reason: "me too")
            #expect(try await store.acknowledge(.one(id), later) == 0)
            #expect(try await store.acknowledge(.all, later) == 0)
            #expect(try await store.rollbacks(limit: 1)[0].rollback.acknowledgement == first)
        }
    }

    @Test("acknowledging a rollback that does not exist is refused by its number")
    func refusesUnknown() async throws {
        try await withStore { store in
            let error = await #expect(throws: DivergenceStoreError.self) {
                try await store.acknowledge(.one(42), Acknowledgement(time: .sample, by: "Ada", reason: "?"))
            }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("42") == true)
        }
    }

    @Test("the evaluator's memory outlives the process, is replaced, and forgotten")
    func remembersState() async throws {
        try await withTemporaryPath { path in
            let first = try DivergenceStore(path: path)
            try await first.setRollbackState("latch", to: "one", at: .sample)
            try await first.setRollbackState("latch", to: "two\0'", at: .sample + 1)
            try await first.setRollbackState("baseline", to: "{}", at: .sample)
            try await first.setRollbackState("baseline", to: nil, at: .sample)
            try first.close()
            let second = try DivergenceStore(path: path)
            #expect(try await second.rollbackState("latch") == "two\0'")
            #expect(try await second.rollbackState("baseline") == nil)
        }
    }

    private func evaluation(numbers: [String: Double] = ["share": 7.9]) -> Evaluation {
        Evaluation(
            trigger: .errorRate, time: .sample, state: .firing, numbers: numbers,
            sentence: "error rate 7.9 %, limit 5 %")
    }

    private func rollback(isDryRun: Bool = false, acknowledgement: Acknowledgement? = nil) -> Rollback {
        Rollback(
            evaluation: evaluation(), isDryRun: isDryRun, flagsBefore: .defaultValue,
            flagsAfter: FlagValues(distributedEnabled: false, hybrid: true, failOpen: false, enforcementPercent: 0),
            acknowledgement: acknowledgement)
    }
}
