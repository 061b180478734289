import ParallaxCore
import Testing

@testable import DivergenceStore

/// What a report tells of its period besides the comparisons.
@Suite struct EventTests {
    private static func change(
        minute: Int64, from: FlagUpdate?, to: FlagUpdate, by: String = "ann", content: String
    ) -> FlagChange {
        FlagChange(
            time: .sample.plus(minutes: minute), by: by, reason: "why",
            from: from.map { $0.applied(to: .standard) }, to: to.applied(to: .standard), contentHash: content)
    }

    private func withPeriod(_ body: (DivergenceStore) async throws -> Void) async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for minute in [0, 10] as [Int64] { recorder.compared(.sample(.agreed, at: .sample.plus(minutes: minute))) }
            await recorder.flush()
            try await body(store)
        }
    }

    @Test("phases, shares, rollbacks, drills and alerts of the period are listed in the order of time, others are not")
    func lists() async throws {
        try await withPeriod { store in
            try store.append(Self.change(minute: -9, from: nil, to: FlagUpdate(), content: "a"))
            try store.append(
                Self.change(minute: 1, from: FlagUpdate(), to: FlagUpdate(enforcementPercent: 10), content: "b"))
            let firing = Evaluation(
                trigger: .errorRate, time: .sample.plus(minutes: 5), state: .firing, figures: [:], sentence: "7 %")
            try await store.record(
                Rollback(
                    evaluation: firing, isDryRun: false, flagsBefore: .standard, flagsAfter: .standard,
                    acknowledgement: Acknowledgement(time: .sample.plus(minutes: 6), by: "bob", reason: "seen")))
            let drill = RollbackDrill(
                time: .sample.plus(minutes: 3), by: "eve", reason: "monthly", appliedMilliseconds: 185,
                restoredMilliseconds: 211, instances: 3)
            try await StoredRollbackRecord(store: store).save(drill)
            try await store.note(alert: "ParallaxRollback", instance: "a", at: .sample.plus(minutes: 5))
            let events = try await store.report().events
            #expect(events.map(\.kind) == [.flags, .drill, .alert, .rollback])
            #expect(
                events.map(\.text) == [
                    "hybrid -> hybrid with 10 % on the candidate, by ann: why",
                    "3 instances in legacy after 185 ms, back after 211 ms, by eve: monthly",
                    "ParallaxRollback began on a", "error_rate: 7 % (acknowledged by bob: seen)",
                ])
            let early = try await store.report(DivergenceFilter(until: .sample.plus(minutes: 2))).events
            #expect(early.map(\.kind) == [.flags])
        }
    }

    @Test("instances that share a flag file tell of one change once, by the name that made it; a drill is no change")
    func shared() async throws {
        try await withPeriod { first in
            try await withPeriod { second in
                let update = FlagUpdate(enforcementPercent: 50)
                try first.append(
                    Self.change(minute: 1, from: FlagUpdate(), to: update, by: "unknown", content: "b"))
                try second.append(Self.change(minute: 1, from: FlagUpdate(), to: update, content: "b"))
                try second.append(
                    Self.change(minute: 2, from: update, to: .rollback, by: RollbackDrill.author, content: "c"))
                let events = try await DivergenceStore.report(of: [first, second]).events
                #expect(events.map(\.text) == ["hybrid -> hybrid with 50 % on the candidate, by ann: why"])
            }
        }
    }

    @Test("alerts are kept as long as the records")
    func retention() async throws {
        try await withStore { store in
            for minute in [0, 5] as [Int64] {
                try await store.note(alert: "A", instance: "a", at: .sample.plus(minutes: minute))
            }
            #expect(try await store.prune(before: .sample.plus(minutes: 2)) == 1)
        }
    }
}
