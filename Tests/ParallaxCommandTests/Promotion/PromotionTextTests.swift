import ArgumentParser
import Foundation
import ParallaxCore
import ParallaxService
import Testing

@testable import parallax

@Suite struct PromotionTextTests {
    private static let began = Timestamp(milliseconds: 1_800_000_000_000)

    private static func change(_ time: Timestamp, from: FlagValues, to: FlagValues, by: String) -> FlagChange {
        FlagChange(time: time, by: by, reason: "why\u{1b}", from: from, to: to, contentHash: "\(time)")
    }

    private static let distributed = FlagUpdate(hybrid: false).applied(to: .defaultValue)

    private static func watch(brokenOffAfter minutes: Int64? = nil) -> SoakPeriod? {
        var changes = [change(began, from: .defaultValue, to: distributed, by: "ann")]
        if let minutes {
            changes.insert(
                change(
                    began + minutes * 60_000, from: distributed, to: FlagUpdate.rollback.applied(to: distributed),
                    by: "parallax-evaluator"), at: 0)
        }
        return SoakPeriod(changes: changes, strategy: minutes == nil ? .distributedOnly : .legacy)
    }

    private static func seen(minutes: Range<Int64>) -> SoakTally {
        var tally = SoakTally(since: began)
        for minute in minutes { tally.watch(at: began + minute * 60_000) }
        return tally
    }

    @Test("a watch is told with how far it is, the worst that was seen, and what callers and alerts saw")
    func running() throws {
        var tally = Self.seen(minutes: 0..<(31 * 60 + 12))
        tally.count(answers: 1_234_567, unavailable: 12)
        tally.count(alert: "rate_limiting_high_denial_rate")
        tally.note(
            Evaluation(
                trigger: .errorRate, time: Self.began + 60_000, state: .suspect, sentence: "error rate 6 %"))
        let watch = try #require(Self.watch())
        let lines = SoakText(watch: watch, tally: tally, now: Self.began + (31 * 60 + 12) * 60_000).lines
        #expect(
            lines == [
                "watch     31 h 12 min of 48 h, no trigger fired, worst state suspect error_rate at "
                    + "2027-01-15 08:01:00 UTC: error rate 6 %",
                "          1,234,567 answers, 12 of them unavailable; alerts: rate_limiting_high_denial_rate 1",
            ])
    }

    @Test("a watch that passed, one that was broken off and one without a witness are told apart")
    func others() throws {
        var tally = Self.seen(minutes: 0..<48 * 60)
        tally.count(answers: 10, unavailable: 0)
        let watch = try #require(Self.watch())
        let passed = SoakText(watch: watch, tally: tally, now: Self.began + 49 * 3_600_000).lines
        #expect(passed.first == "watch     48 h passed, no trigger fired, none suspect")
        let unseen = SoakText(watch: watch, tally: nil, now: Self.began).lines
        #expect(unseen == ["watch     0 min of 48 h, and no instance has kept what it saw yet"])
        let gone = SoakText(watch: watch, tally: Self.seen(minutes: 0..<5), now: Self.began + 49 * 3_600_000).lines
        #expect(
            gone.first
                == "watch     5 min of 48 h (not watched for 48 h 55 min since it began), no trigger fired, none suspect"
        )
        tally.count(answers: 0, unavailable: 1)
        let failed = SoakText(watch: watch, tally: tally, now: Self.began + 49 * 3_600_000).lines
        #expect(failed.first?.hasPrefix("watch     48 h over and not passed: more than 1 % of the answers") == true)
        let off = try #require(Self.watch(brokenOffAfter: 182))
        let line = try #require(SoakText(watch: off, tally: tally, now: Self.began + 182 * 60_000).lines.first)
        #expect(
            line.hasPrefix("watch     broken off after 3 h 2 min by parallax-evaluator at 2027-01-15 11:02:00 UTC (why")
        )
        #expect(!line.contains("\u{1b}"))
    }

    @Test("a forced step says in the history past what it was forced")
    func forced() {
        var figures = GateInputs()
        figures.lostWrites = 1
        figures.compared = 1
        let gate = Gate(figures, now: Self.began)
        let word = Promote.word(for: gate, target: .share10)
        #expect(word.hasPrefix("promoted to 10, forced past no_go (covered, "))
        #expect(word.contains("lost_writes") && word.contains("drill"))
        let line = Promote.forced(gate)
        #expect(line?.hasPrefix("Forced: the gate says NO-GO, and these checks do not pass: covered, ") == true)
    }

    @Test("a step past instances that their environment keeps at legacy names them in the history")
    func forcedPastInstances() {
        let open = Gate(GateInputs(), now: Self.began).asked(for: .legacy)
        #expect(open.verdict == .go && Promote.forced(open) == nil)
        #expect(Promote.word(for: open, target: .share10) == "promoted to 10")
        #expect(
            Promote.word(for: open, target: .share10, pinned: ["a", "b"])
                == "promoted to 10, forced without a, b, kept at legacy by the environment")
    }

    @Test("after each phase the next is named, and after the last the watch")
    func outlook() {
        #expect(Promote.outlook(from: .hybrid) == "Next: parallax promote --to 10")
        #expect(Promote.outlook(from: .share100) == "Next: parallax promote --to distributed_only")
        #expect(Promote.outlook(from: .distributedOnly).contains("48 h"))
    }

    @Test("phases are typed as they are shown", arguments: PromotionPhase.allCases)
    func parses(_ phase: PromotionPhase) throws {
        #expect(try Promote.parse(["--to", phase.rawValue, "--reason", "r"]).target == phase)
    }

    @Test("an unknown phase and an empty reason are refused")
    func refuses() {
        #expect(throws: (any Error).self) { try Promote.parse(["--to", "25", "--reason", "r"]) }
        #expect(throws: (any Error).self) { try Promote.parse(["--to", "10", "--reason", " "]) }
        #expect(throws: (any Error).self) { try Promote.parse(["--to", "10"]) }
    }
}
