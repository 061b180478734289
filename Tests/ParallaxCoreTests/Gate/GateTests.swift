import Testing

@testable import ParallaxCore

@Suite struct GateTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// Figures with which everything passes, each as near to its bound as it may come.
    private static func passing() -> GateFigures {
        var figures = GateFigures()
        figures.recordedMinutes = 1_440
        figures.gapMinutes = 75
        figures.compared = 10_000
        figures.dropped = 101
        figures.unexplained = 9
        figures.triggers = Trigger.allCases.map { trigger in
            .init(
                trigger: trigger, state: .ok, time: now + -600_000, sentence: "well", recordedUntil: now)
        }
        figures.lastDrill = now + -30 * 86_400_000
        return figures
    }

    private static func gate(_ change: (inout GateFigures) -> Void) -> Gate {
        var figures = passing()
        change(&figures)
        return Gate(figures, now: now)
    }

    struct Border: Sendable, CustomStringConvertible {
        let check: GateCheck.Name
        let description: String
        let outcome: GateCheck.Outcome
        let verdict: GateVerdict
        let change: @Sendable (inout GateFigures) -> Void

        init(
            _ check: GateCheck.Name, _ description: String, _ outcome: GateCheck.Outcome, _ verdict: GateVerdict,
            _ change: @escaping @Sendable (inout GateFigures) -> Void
        ) {
            (self.check, self.description, self.outcome, self.verdict) = (check, description, outcome, verdict)
            self.change = change
        }
    }

    private static func trigger(_ state: TriggerState) -> @Sendable (inout GateFigures) -> Void {
        { $0.triggers[1].state = state }
    }

    private static let borders: [Border] = [
        Border(.covered, "24 hours", .pass, .go) { _ in },
        Border(.covered, "a minute less", .fail, .wait) { $0.recordedMinutes = 1_439 },
        Border(.compared, "10,000 requests", .pass, .go) { _ in },
        Border(.compared, "one less", .fail, .wait) { $0.compared = 9_999 },
        Border(.gaps, "5 % of the time", .pass, .go) { $0.gapMinutes = 75 },
        Border(.gaps, "a minute more", .fail, .wait) { $0.gapMinutes = 76 },
        Border(.recorded, "1 % of the requests", .pass, .go) { $0.dropped = 101 },
        Border(.recorded, "one more", .fail, .wait) { $0.dropped = 102 },
        Border(.recorded, "incomparable requests count among all", .pass, .go) {
            $0.dropped = 102
            $0.incomparable = 99
        },
        Border(.unexplained, "just below 0.1 %", .pass, .go) { $0.unexplained = 9 },
        Border(.unexplained, "0.1 % itself", .fail, .noGo) { $0.unexplained = 10 },
        Border(.unexplained, "0.1 % of many", .fail, .noGo) { ($0.unexplained, $0.compared) = (30_001, 30_001_000) },
        Border(.unexplained, "a little less of many", .pass, .go) {
            ($0.unexplained, $0.compared) = (30_000, 30_001_000)
        },
        Border(.unexplained, "what is settled does not count", .pass, .go) { $0.settledUnexplained = 5_000 },
        Border(.lostWrites, "one", .fail, .noGo) { $0.lostWrites = 1 },
        Border(.lostWrites, "one that is settled", .pass, .go) { $0.settledLostWrites = 1 },
        Border(.bugs, "one", .fail, .noGo) { ($0.bugs, $0.bugGroups) = (1, ["newly_limited by algorithm"]) },
        Border(.triggers, "ok", .pass, .go, trigger(.ok)),
        Border(.triggers, "warming", .pass, .go, trigger(.warming)),
        Border(.triggers, "inconclusive", .pass, .go, trigger(.inconclusive)),
        Border(.triggers, "suspect", .fail, .noGo, trigger(.suspect)),
        Border(.triggers, "firing", .fail, .noGo, trigger(.firing)),
        Border(.triggers, "never judged", .cannotTell, .wait) { $0.triggers = [] },
        Border(.triggers, "not judged in one database of two", .cannotTell, .wait) { $0.unwatchedDatabases = 1 },
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
        Border(.drill, "never", .fail, .wait) { $0.lastDrill = nil },
        Border(.drill, "30 days ago", .pass, .go) { $0.lastDrill = now + -30 * 86_400_000 },
        Border(.drill, "a moment longer ago", .fail, .wait) { $0.lastDrill = now + (-30 * 86_400_000 - 1) },
        Border(.drill, "by a clock that is ahead", .pass, .go) { $0.lastDrill = now + 60_000 },
    ]

    @Test("each check passes up to its bound and not beyond", arguments: borders)
    func holdsBounds(border: Border) throws {
        let gate = Self.gate(border.change)
        let check = try #require(gate.checks.first { $0.name == border.check })
        #expect(check.outcome == border.outcome)
        #expect(gate.verdict == border.verdict)
        // Every other check still passes, and whatever does not says why.
        #expect(gate.checks.allSatisfy { $0.name == border.check || $0.outcome == .pass })
        #expect((check.reason == nil) == (check.outcome == .pass))
        #expect(gate.reasons == [check.reason].compactMap(\.self))
    }

    @Test("what forbids outweighs what asks for patience, and its reason comes first")
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
        let gate = Gate(GateFigures(), now: Self.now)
        #expect(gate.verdict == .wait)
        #expect(gate.checks.map(\.name) == GateCheck.Name.allCases)
        #expect(gate.checks.first { $0.name == .unexplained }?.outcome == .cannotTell)
    }

    @Test("other bounds can be set")
    func settings() {
        var settings = GateSettings()
        (settings.minimumMinutes, settings.minimumCompared) = (60, 100)
        (settings.unexplainedPercent, settings.gapPercent, settings.droppedPercent) = (1, 50, 50)
        settings.drillDays = 60
        var figures = Self.passing()
        (figures.recordedMinutes, figures.compared, figures.unexplained) = (60, 1_000, 9)
        (figures.gapMinutes, figures.dropped) = (60, 1_000)
        figures.lastDrill = Self.now + -60 * 86_400_000
        #expect(Gate(figures, settings: settings, now: Self.now).verdict == .go)
        figures.unexplained = 10
        #expect(Gate(figures, settings: settings, now: Self.now).verdict == .noGo)
    }

    @Test("a line shows the figure beside its bound")
    func figures() {
        let checks = Self.gate { $0.settledUnexplained = 4_000 }.checks.map {
            "\($0.name.rawValue): \($0.figure); \($0.bound)"
        }
        #expect(
            checks == [
                "covered: 24 h; at least 24 h",
                "compared: 10,000; at least 10,000",
                "gaps: 1 h 15 min; at most 5 %",
                "recorded: 101 lost; at most 1 %",
                "unexplained: 9, 0.09 % (95 % interval up to 0.17 %), besides 4,000 settled; below 0.1 %",
                "lost_writes: 0; none",
                "bugs: 0; none",
                "triggers: 3 ok; none suspect or firing",
                "drill: 30 days ago; within 30 days",
            ])
    }
}
