import ParallaxCore
import Testing

@testable import parallax

/// What `parallax divergences settle` says of what follows.
@Suite struct SettleTextTests {
    private static func text(
        _ kind: DivergenceKind, _ cause: DivergenceCause, _ judgement: Settlement.Judgement
    ) -> String {
        DivergencesSettle.text(
            Settlement(
                time: Timestamp(milliseconds: 1), group: .init(kind: kind, cause: cause, organization: nil),
                judgement: judgement, by: "ann", note: "n", share: .init(divergences: 4, compared: 1_000)))
    }

    @Test(
        "what the gate counts is no longer counted, by the name of its check",
        arguments: [
            DivergenceCause.unexplained, .lostWrites,
        ])
    func judged(_ cause: DivergenceCause) {
        let text = Self.text(.newlyAllowed, cause, .accepted)
        #expect(
            text.hasPrefix("Settled as accepted: newly_allowed by \(cause.rawValue), 4 of 1,000 compared requests."))
        #expect(text.contains("The gate's check \(cause.rawValue) does not count them until that share has doubled."))
    }

    @Test("of a cause that the gate does not judge it says so, and who decides on newly refused callers")
    func notJudged() {
        let text = Self.text(.newlyLimited, .otherInstances, .expected)
        #expect(text.contains("The gate does not judge the cause other_instances, settled or not"))
        #expect(text.contains("newly refused or let through stays yours to decide"))
    }

    @Test("a bug makes the gate say no-go, whatever its cause")
    func bug() {
        #expect(
            Self.text(.newlyLimited, .otherInstances, .bug)
                .hasSuffix("The gate says no-go while a report's period holds any of them."))
    }
}
