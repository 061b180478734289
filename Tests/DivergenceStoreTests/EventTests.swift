import ParallaxCore
import Testing

@testable import DivergenceStore

/// The events of its period that a report shows in addition to the comparisons.
@Suite struct EventTests {
    private static func change(
        minute: Int64, from: FlagUpdate?, to: FlagUpdate, by: String = "ann", reason: String = "why", content: String
    ) -> FlagChange {
        FlagChange(
            time: .sample.plus(minutes: minute), by: by, reason: reason,
            from: from.map { $0.applied(to: .defaultValue) }, to: to.applied(to: .defaultValue), contentHash: content)
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
                trigger: .errorRate, time: .sample.plus(minutes: 5), state: .firing, sentence: "7 %")
            try await store.record(
                Rollback(
                    evaluation: firing, isDryRun: false, flagsBefore: .defaultValue, flagsAfter: .defaultValue,
                    acknowledgement: Acknowledgement(time: .sample.plus(minutes: 6), by: "bob", reason: "seen")))
            let drill = RollbackDrill(
                time: .sample.plus(minutes: 3), by: "eve", reason: "monthly", appliedMilliseconds: 185,
                restoredMilliseconds: 211, instances: 3)
            try await SQLiteRollbackStore(store: store).save(drill)
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

    @Test("instances that share a flag file report one change once, by the name that made it; a drill is one event")
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
                #expect(
                    events.map(\.text) == [
                        "hybrid -> hybrid with 50 % on the candidate, by ann: why",
                        "why; its end is not in the history of this period",
                    ])
            }
        }
    }

    @Test("a promotion whose content is that of a drill's end is listed, with the drill, from any database")
    func promotionAndDrill() async throws {
        try await withPeriod { first in
            try await withPeriod { second in
                let hybrid = FlagUpdate()
                func at(_ milliseconds: Int64, from: FlagUpdate, to: FlagUpdate, by: String, _ content: String)
                    -> FlagChange
                {
                    FlagChange(
                        time: .sample.plus(minutes: 1) + milliseconds, by: by, reason: "\(by) \(content)",
                        from: from.applied(to: .defaultValue), to: to.applied(to: .defaultValue), contentHash: content)
                }
                let promotion = at(0, from: .rollback, to: hybrid, by: "ann", "b")
                let flip = at(9_000, from: hybrid, to: .rollback, by: RollbackDrill.author, "c")
                let end = at(9_400, from: .rollback, to: hybrid, by: RollbackDrill.author, "b")
                for change in [promotion, flip, end] { try first.append(change) }
                // As a version before told it that only read the file.
                let seen = at(9_500, from: .rollback, to: hybrid, by: FlagChange.unknownWriter, "b")
                for change in [promotion, flip, seen] { try second.append(change) }
                let expected = ["legacy -> hybrid, by ann: ann b", "parallax-drill c; flags back after 400 ms"]
                for stores in [[first], [first, second], [second, first]] {
                    #expect(try await DivergenceStore.report(of: stores).events.map(\.text) == expected)
                }
                // An instance that started after the promotion has only the drill.
                try await withPeriod { third in
                    try await withPeriod { fourth in
                        try third.append(promotion)
                        for change in [flip, end] { try fourth.append(change) }
                        #expect(try await DivergenceStore.report(of: [third, fourth]).events.map(\.text) == expected)
                    }
                }
            }
        }
    }

    @Test("every drill of the period is listed, the last with what its command saw")
    func drills() async throws {
        try await withPeriod { store in
            for minute in [1, 4] as [Int64] {
                try store.append(
                    Self.change(
                        minute: minute, from: FlagUpdate(), to: .rollback, by: RollbackDrill.author,
                        reason: "drill by eve: \(minute == 1 ? "first" : "monthly")", content: "\(minute)"))
                try store.append(
                    Self.change(
                        minute: minute + 1, from: .rollback, to: FlagUpdate(), by: RollbackDrill.author, content: "a"))
            }
            let drill = RollbackDrill(
                time: .sample.plus(minutes: 5), by: "eve", reason: "monthly", appliedMilliseconds: 185,
                restoredMilliseconds: 211, instances: 1, heard: ["a"], unheard: ["b"])
            try await SQLiteRollbackStore(store: store).save(drill)
            let events = try await store.report().events
            #expect(events.map(\.kind) == [.drill, .drill])
            #expect(
                events.map(\.text) == [
                    "drill by eve: first; flags back after 60000 ms",
                    "a (not drilled: b) in legacy after 185 ms, back after 211 ms, by eve: monthly",
                ])
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
