import Testing

@testable import ParallaxCore

@Suite struct GateTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func gate(_ change: (inout GateInputs) -> Void) -> Gate {
        var figures = GateInputs.passing(at: now)
        change(&figures)
        return Gate(figures, now: now)
    }

    struct Border: Sendable, CustomStringConvertible {
        let check: GateCheck.Name
        let description: String
        let outcome: GateCheck.Outcome
        let verdict: GateVerdict
        /// Further checks that cannot pass either.
        let others: Set<GateCheck.Name>
        let change: @Sendable (inout GateInputs) -> Void

        init(
            _ check: GateCheck.Name, _ description: String, _ outcome: GateCheck.Outcome, _ verdict: GateVerdict,
            with others: Set<GateCheck.Name> = [], _ change: @escaping @Sendable (inout GateInputs) -> Void
        ) {
            (self.check, self.description, self.outcome, self.verdict) = (check, description, outcome, verdict)
            (self.others, self.change) = (others, change)
        }
    }

    private static func trigger(_ state: TriggerState) -> @Sendable (inout GateInputs) -> Void {
        { $0.triggers[1].state = state }
    }

    private static let borders: [Border] = [
        Border(.covered, "24 hours", .pass, .go) { _ in },
        Border(.covered, "a minute less", .notYet, .wait) { $0.recordedMinutes = 1_439 },
        Border(.compared, "10,000 requests", .pass, .go) { _ in },
        Border(.compared, "one less", .notYet, .wait) { $0.compared = 9_999 },
        Border(.gaps, "5 % of the time", .pass, .go) { $0.gapMinutes = 75 },
        Border(.gaps, "a minute more", .notYet, .wait) { $0.gapMinutes = 76 },
        Border(.recorded, "1 % of the requests", .pass, .go) { $0.dropped = 102 },
        Border(.recorded, "one more", .notYet, .wait) { $0.dropped = 103 },
        Border(.recorded, "unanswered requests count among all", .notYet, .wait) { $0.incomparable = [:] },
        Border(.answered, "1 % unanswered", .pass, .go) { $0.incomparable = ["timed_out": 100, "skipped": 1] },
        Border(.answered, "one more", .fail, .noGo) { $0.incomparable = ["timed_out": 100, "skipped": 2] },
        Border(.answered, "most of them", .fail, .noGo) { $0.incomparable = ["skipped": 120_000] },
        Border(.latency, "at the limit", .pass, .go) { $0.candidateMilliseconds = 10 },
        Border(.latency, "above it", .fail, .noGo) { $0.candidateMilliseconds = 10.1 },
        Border(.latency, "above the lowest of two limits", .fail, .noGo) { $0.triggers[1].limitMilliseconds = 9 },
        Border(.latency, "not measured", .cannotTell, .wait) { $0.candidateMilliseconds = nil },
        Border(.latency, "without a limit", .cannotTell, .wait) { $0.triggers[2].limitMilliseconds = nil },
        Border(.unexplained, "the interval below 0.1 %", .pass, .go) { $0.unexplained = 3 },
        Border(.unexplained, "the share below, the interval not", .cannotTell, .wait) { $0.unexplained = 4 },
        Border(.unexplained, "the share just below", .cannotTell, .wait) { $0.unexplained = 9 },
        Border(.unexplained, "0.1 % itself", .fail, .noGo) { $0.unexplained = 10 },
        Border(.unexplained, "0.1 % of many", .fail, .noGo) { ($0.unexplained, $0.compared) = (30_001, 30_001_000) },
        Border(.unexplained, "a little less of many", .pass, .go) {
            ($0.unexplained, $0.compared) = (30_000, 30_401_000)
        },
        Border(.unexplained, "what is settled does not count", .pass, .go) { $0.settledUnexplained = 5_000 },
        Border(.lostWrites, "one", .fail, .noGo) { $0.lostWrites = 1 },
        Border(.lostWrites, "one that is settled", .pass, .go) { $0.settledLostWrites = 1 },
        Border(.bugs, "one", .fail, .noGo) { ($0.bugs, $0.bugGroups) = (1, ["newly_limited by algorithm"]) },
        Border(.triggers, "ok", .pass, .go, trigger(.ok)),
        Border(.armed, "warming", .notYet, .wait, trigger(.warming)),
        Border(.armed, "inconclusive", .notYet, .wait, trigger(.inconclusive)),
        Border(.triggers, "suspect", .fail, .noGo, trigger(.suspect)),
        Border(.triggers, "firing", .fail, .noGo, trigger(.firing)),
        Border(.triggers, "suspect because of an outage that is over", .notYet, .wait) {
            ($0.triggers[0].state, $0.triggers[0].clearsAt) = (.suspect, now + 60_000)
        },
        Border(.triggers, "suspect because of what is over, and a rollback that waits", .fail, .noGo) {
            ($0.triggers[0].state, $0.triggers[0].clearsAt) = (.suspect, now + 60_000)
            $0.rollbacks = [.init(trigger: .redisDown, time: now, isDryRun: false)]
        },
        Border(.armed, "not armed by its instance's word", .notYet, .wait) { $0.triggers[1].armed = false },
        Border(.armed, "armed by its instance's word, whatever its state", .pass, .go) {
            ($0.triggers[1].state, $0.triggers[1].armed) = (.inconclusive, true)
        },
        Border(.armed, "last judged in legacy, and in hybrid now", .notYet, .wait) {
            ($0.triggers[1].isInPlay, $0.triggers[1].armed, $0.strategy) = (false, true, .hybrid)
        },
        Border(.armed, "judged in hybrid, and in hybrid now", .pass, .go) { $0.strategy = .hybrid },
        Border(.triggers, "never judged", .cannotTell, .wait, with: [.armed, .latency]) { $0.triggers = [] },
        Border(.triggers, "not judged in one database of two", .cannotTell, .wait, with: [.armed]) {
            $0.unwatchedDatabases = 1
        },
        Border(.armed, "one trigger never judged", .cannotTell, .wait) { $0.triggers.removeFirst() },
        Border(.triggers, "not judged for the last ten minutes", .cannotTell, .wait) {
            $0.triggers[2].time = now + -600_001
        },
        Border(.triggers, "suspect, and long ago", .fail, .noGo) {
            $0.triggers[2].time = now + -600_001
            $0.triggers[2].state = .suspect
        },
        Border(.triggers, "fired and not acknowledged", .fail, .noGo) {
            $0.rollbacks = [.init(trigger: .redisDown, time: now, isDryRun: false)]
        },
        Border(.triggers, "fired in a dry run", .fail, .noGo) {
            $0.rollbacks = [.init(trigger: .errorRate, time: now, isDryRun: true)]
        },
        Border(.drill, "never", .notYet, .wait) { $0.lastDrill = nil },
        Border(.drill, "30 days ago", .pass, .go, drill(-30 * 86_400_000)),
        Border(.drill, "a moment longer ago", .notYet, .wait, drill(-30 * 86_400_000 - 1)),
        Border(.drill, "by a clock that is ahead", .pass, .go, drill(60_000)),
        Border(.drill, "of one instance of two", .notYet, .wait, drill(0, instances: 1)),
        Border(.drill, "of more instances than there are now", .pass, .go, drill(0, instances: 3)),
        Border(.drill, "noted by a version that did not count", .pass, .go, drill(0, instances: nil)),
        Border(.drill, "that left one out", .notYet, .wait) {
            $0.lastDrill = RollbackDrill(time: now, instances: 2, heard: ["a", "b"], unheard: ["c"])
        },
        Border(.drill, "of all that there were, fewer than now", .pass, .go) {
            $0.lastDrill = RollbackDrill(time: now, instances: 1, heard: ["a"], unheard: [])
        },
        Border(.instances, "one without records", .notYet, .wait) { $0.recordedInstances = ["a"] },
        Border(.instances, "records of one that has gone", .pass, .go) { $0.recordedInstances = ["a", "b", "c"] },
        Border(.instances, "one that does not do what the file says", .notYet, .wait) {
            $0.sharers?[0].deviation = "is in legacy"
        },
        Border(.instances, "not known", .cannotTell, .wait) { $0.sharers = nil },
        Border(.instances, "none that shares the file", .cannotTell, .wait) { $0.sharers = [] },
    ]

    private static func drill(_ age: Int64, instances: Int? = 2) -> @Sendable (inout GateInputs) -> Void {
        { $0.lastDrill = RollbackDrill(time: now + age, instances: instances) }
    }

    @Test("each check passes up to its bound and not beyond", arguments: borders)
    func holdsBounds(border: Border) throws {
        let gate = Self.gate(border.change)
        let check = try #require(gate.checks.first { $0.name == border.check })
        #expect(check.outcome == border.outcome)
        #expect(gate.verdict == border.verdict)
        // Every other check still passes, and those that do not say why.
        let others = gate.checks.filter { $0.name != border.check && $0.outcome != .pass }.map(\.name)
        #expect(Set(others) == border.others)
        #expect(gate.checks.allSatisfy { ($0.reason == nil) == ($0.outcome == .pass) })
        #expect(Set(gate.reasons) == Set(gate.checks.compactMap(\.reason)))
    }

    @Test("what forbids outweighs what asks to wait, and its reason comes first")
    func forbiddingFirst() {
        let gate = Self.gate {
            ($0.recordedMinutes, $0.gapMinutes) = (60, 0)
            $0.lostWrites = 2
        }
        #expect(gate.verdict == .noGo)
        #expect(gate.reasons.count == 2)
        #expect(gate.reasons.first?.hasPrefix("Redis lost writes") == true)
    }

    @Test("without any record the verdict is to wait, since nothing can be told")
    func nothing() {
        let gate = Gate(GateInputs(), now: Self.now)
        #expect(gate.verdict == .wait)
        #expect(gate.checks.map(\.name) == GateCheck.Name.allCases)
        #expect(gate.checks.first { $0.name == .unexplained }?.outcome == .cannotTell)
    }

    @Test("other bounds can be set")
    func settings() {
        var settings = GateSettings()
        (settings.minimumMinutes, settings.minimumCompared) = (60, 100)
        (settings.unexplainedPercent, settings.gapPercent, settings.droppedPercent) = (1, 50, 50)
        (settings.drillDays, settings.unansweredPercent, settings.minimumInstances) = (60, 20, 3)
        var figures = GateInputs.passing(at: Self.now)
        (figures.recordedMinutes, figures.compared, figures.unexplained) = (60, 1_000, 3)
        (figures.gapMinutes, figures.dropped, figures.incomparable) = (60, 1_000, ["error": 250])
        (figures.sharers, figures.recordedInstances) = (nil, ["a", "b", "c"])
        figures.lastDrill = RollbackDrill(time: Self.now + -60 * 86_400_000)
        #expect(Gate(figures, settings: settings, now: Self.now).verdict == .go)
        figures.unexplained = 10
        #expect(Gate(figures, settings: settings, now: Self.now).verdict == .noGo)
        figures.unexplained = 3
        figures.recordedInstances = ["a", "b"]
        #expect(Gate(figures, settings: settings, now: Self.now).failing == [.instances])
    }

    @Test("a line shows the figure next to its bound")
    func figures() {
        let checks = Self.gate { $0.settledUnexplained = 4_000 }.checks.map {
            "\($0.name.rawValue): \($0.figure); \($0.bound)"
        }
        #expect(
            checks == [
                "covered: 24 h; at least 24 h",
                "compared: 10,000; at least 10,000",
                "gaps: 1 h 15 min; at most 5 %",
                "recorded: 102 lost; at most 1 %",
                "instances: 2 of 2 heard; all that share the flag file",
                "answered: 101 unanswered, 1 %; at most 1 %",
                "latency: p95 10 ms; at most 10 ms",
                "unexplained: 3, 0.03 % (95 % interval up to 0.088 %), and 4,000 settled; below 0.1 %, its interval too",
                "lost_writes: 0; none",
                "bugs: 0; none",
                "triggers: 3 ok; none suspect or firing",
                "armed: 3 of 3; all triggers",
                "drill: 30 days ago, 2 instances; within 30 days, all instances at the time",
            ])
    }
}

extension GateInputs {
    /// Figures with which everything passes, each as near to its bound as it may come.
    static func passing(at now: Timestamp) -> GateInputs {
        var figures = GateInputs()
        figures.recordedMinutes = 1_440
        figures.gapMinutes = 75
        figures.compared = 10_000
        figures.incomparable = ["timed_out": 101]
        figures.dropped = 102
        figures.unexplained = 3
        figures.candidateMilliseconds = 10
        figures.triggers = Trigger.allCases.map { trigger in
            .init(
                trigger: trigger, state: .ok, time: now + -600_000, sentence: "well", recordedUntil: now,
                limitMilliseconds: trigger == .responseTime ? 10 : nil)
        }
        figures.lastDrill = RollbackDrill(time: now + -30 * 86_400_000, instances: 2)
        figures.sharers = [.init(name: "a"), .init(name: "b")]
        figures.recordedInstances = ["a", "b"]
        return figures
    }
}
