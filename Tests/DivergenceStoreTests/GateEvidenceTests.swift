import Foundation
import Testing

@testable import DivergenceStore
@testable import ParallaxCore

/// What the gate takes from databases; its bounds have their own tests.
@Suite struct GateEvidenceTests {
    private static let now = Timestamp.sample.plus(minutes: 5)

    /// A database with one comparison in each of five minutes, whose instance flushed at the end.
    private func withRecords(_ body: (DivergenceStore) async throws -> Void) async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for minute in 0..<5 as Range<Int64> {
                recorder.compared(.sample(.agreed, at: .sample.plus(minutes: minute)))
            }
            await recorder.flush()
            try await body(store)
        }
    }

    private func check(
        _ name: GateCheck.Name, _ stores: [DivergenceStore], _ circumstances: GateCircumstances = GateCircumstances()
    ) async throws -> GateCheck {
        let report = try await DivergenceStore.report(of: stores)
        let gate = try await DivergenceStore.gate(report, of: stores, circumstances, now: Self.now)
        return try #require(gate.checks.first { $0.name == name })
    }

    private func evaluation(_ state: TriggerState, _ trigger: Trigger = .errorRate, at minute: Int64 = 4) -> Evaluation
    {
        Evaluation(
            trigger: trigger, time: .sample.plus(minutes: minute), state: state, sentence: "so it is")
    }

    private func rollback(isDryRun: Bool, at minute: Int64) -> Rollback {
        Rollback(
            evaluation: evaluation(.firing, at: minute), isDryRun: isDryRun, flagsBefore: .defaultValue,
            flagsAfter: .defaultValue)
    }

    @Test("the newest verdict of each trigger counts, and none from after the period")
    func newestVerdicts() async throws {
        try await withRecords { store in
            #expect(try await check(.triggers, [store]).outcome == .cannotTell)
            try await store.record([
                evaluation(.suspect, at: 2), evaluation(.ok, at: 3), evaluation(.firing, at: 6),
                evaluation(.inconclusive, .responseTime, at: 4),
            ])
            let check = try await check(.triggers, [store])
            #expect(check.outcome == .pass)
            #expect(check.figure == "1 ok, 1 inconclusive")
            try await store.record([evaluation(.suspect, at: 4)])
            let suspect = try await self.check(.triggers, [store])
            #expect(suspect.outcome == .fail)
            #expect(suspect.reason == "The trigger error_rate is suspect: so it is.")
        }
    }

    @Test("a database without any verdict leaves the gate in doubt, and one trigger suspect anywhere closes it")
    func severalDatabases() async throws {
        try await withRecords { first in
            try await withRecords { second in
                try await first.record([evaluation(.ok)])
                #expect(try await check(.triggers, [first, second]).outcome == .cannotTell)
                try await second.record([evaluation(.ok)])
                #expect(try await check(.triggers, [first, second]).outcome == .pass)
                try await second.record([evaluation(.firing)])
                #expect(try await check(.triggers, [first, second]).outcome == .fail)
            }
        }
    }

    @Test("a verdict long before the instance's last flush is not a verdict on the period's end")
    func stale() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store, startedAt: .sample.plus(minutes: 20))
            for minute in [0, 20] as [Int64] { recorder.compared(.sample(.agreed, at: .sample.plus(minutes: minute))) }
            await recorder.flush()
            try await store.record([evaluation(.ok, at: 9)])
            #expect(try await check(.triggers, [store]).outcome == .cannotTell)
            try await store.record([evaluation(.ok, at: 10)])
            #expect(try await check(.triggers, [store]).outcome == .pass)
        }
    }

    @Test("a rollback closes the gate until an operator acknowledges it, a dry one for its period")
    func rollbacks() async throws {
        try await withRecords { store in
            try await store.record([evaluation(.ok)])
            // Before the period a dry run says nothing, and a real one still does.
            try await store.record(rollback(isDryRun: true, at: -5))
            #expect(try await check(.triggers, [store]).outcome == .pass)
            try await store.record(rollback(isDryRun: false, at: -5))
            #expect(try await check(.triggers, [store]).outcome == .fail)
            let word = Acknowledgement(time: Self.now, by: "ada", reason: "fixed")
            try await store.acknowledge(.all, word)
            #expect(try await check(.triggers, [store]).outcome == .pass)
            try await store.record(rollback(isDryRun: true, at: 2))
            let check = try await check(.triggers, [store])
            #expect(check.outcome == .fail)
            #expect(check.reason?.contains("dry run") == true)
        }
    }

    @Test("what unanswered requests, durations and instances the databases hold is what the gate judges")
    func candidate() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for _ in 0..<145 { recorder.compared(.sample(.agreed)) }
            for _ in 0..<1_771 { recorder.compared(.sample(.incomparable(.skipped))) }
            await recorder.flush()
            var times = Evaluation(trigger: .responseTime, time: .sample, state: .ok, sentence: "so it is")
            times.reading = .responseTime([
                .init(population: .service, quantiles: .init(limit: .microseconds(400)))
            ])
            try await store.record([times])
            let answered = try await check(.answered, [store])
            #expect(answered.outcome == .fail && answered.figure == "1,771 unanswered, 92.4 %")
            // 500 us against 400 us.
            #expect(try await check(.latency, [store]).outcome == .fail)
            let known = GateCircumstances(sharers: [.init(name: "a"), .init(name: "b")])
            let instances = try await check(.instances, [store], known)
            #expect(instances.outcome == .notYet && instances.reason?.contains("No record of b") == true)
            #expect(
                try await check(.instances, [store], GateCircumstances(sharers: [.init(name: "a")])).outcome == .pass)
            #expect(try await check(.instances, [store]).outcome == .cannotTell)
        }
    }

    @Test("whether a trigger is armed is what its instance stored, and nothing else")
    func armed() async throws {
        try await withRecords { store in
            func judge(isArmed: Double, inPlay: Double = 0) async throws {
                let numbers = ["candidateInPlay": inPlay, "armed": isArmed]
                try await store.record(
                    zip(Trigger.allCases, [TriggerState.ok, .inconclusive, .inconclusive]).map {
                        Evaluation(
                            trigger: $0, time: .sample.plus(minutes: 4), state: $1, numbers: numbers,
                            sentence: "so it is"
                        )
                    })
            }
            try await judge(isArmed: 0)
            #expect(try await check(.armed, [store]).figure == "0 of 3")
            try await judge(isArmed: 1)
            #expect(try await check(.armed, [store]).outcome == .pass)
            #expect(try await check(.armed, [store], GateCircumstances(strategy: .legacy)).outcome == .pass)
            #expect(try await check(.armed, [store], GateCircumstances(strategy: .hybrid)).outcome == .notYet)
        }
    }

    @Test("the last drill noted in any database counts")
    func drills() async throws {
        try await withRecords { first in
            try await withRecords { second in
                #expect(try await check(.drill, [first, second]).figure == "never")
                let record = SQLiteRollbackStore(store: second)
                try await record.save(RollbackDrill(time: Self.now + -3 * 86_400_000))
                try await SQLiteRollbackStore(store: first).save(RollbackDrill(time: Self.now + -40 * 86_400_000))
                #expect(try await check(.drill, [first, second]).figure == "3 days ago")
                #expect(try await check(.drill, [first]).outcome == .notYet)
                #expect(try await record.loadDrill() == RollbackDrill(time: Self.now + -3 * 86_400_000))
            }
        }
    }

    @Test("the gate's figures are those of all kinds and causes, whatever the report was narrowed to")
    func ignoresNarrowing() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            recorder.compared(.sample(.diverged(.newlyAllowed, .lostWrites)))
            recorder.compared(.sample(.diverged(.newlyLimited, .unexplained)))
            await recorder.flush()
            let report = try await store.report(DivergenceFilter(kind: .newlyLimited, cause: .boundary))
            #expect(report.diverged == 0)
            #expect((report.open.unexplained, report.open.lostWrites) == (1, 1))
            let gate = try await DivergenceStore.gate(report, of: [store], now: Self.now)
            #expect(gate.verdict == .noGo)
        }
    }

    @Test("of a report on one organization the minutes are those of all, since its quiet ones are not gaps")
    func coversEverybody() async throws {
        try await withStore { store in
            let recorder = Recorder.sample(store)
            for (organization, minute) in [("a", 0), ("b", 1), ("b", 2), ("a", 3)] as [(String, Int64)] {
                recorder.compared(.sample(.agreed, organization: organization, at: .sample.plus(minutes: minute)))
            }
            await recorder.flush()
            let report = try await store.report(DivergenceFilter(organization: "a"))
            #expect(report.compared == 2)
            #expect(report.coverage.recordedMinutes == 4)
        }
    }
}
