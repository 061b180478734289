import Testing

@testable import ParallaxCore

@Suite struct SettlementTests {
    private func settlement(_ judgement: Settlement.Judgement, _ divergences: Int, of compared: Int) -> Settlement {
        Settlement(
            time: Timestamp(milliseconds: 0),
            group: .init(kind: .newlyLimited, cause: .unexplained, organization: nil), judgement: judgement, by: "ada",
            note: "seen", share: .init(divergences: divergences, compared: compared))
    }

    @Test(
        "a word runs out when the group's share is twice what it was",
        arguments: [
            (10, 1_000, 10, 1_000, false), (10, 1_000, 19, 1_000, false), (10, 1_000, 20, 1_000, true),
            (10, 1_000, 10, 501, false), (10, 1_000, 10, 500, true), (10, 1_000, 100, 10_000, false),
            (10, 1_000, 199, 10_000, false), (10, 1_000, 200, 10_000, true), (10, 1_000, 0, 0, false),
            (1, 3_000_000_000, 2_000_000_000, 3_000_000_000, true), (10, 0, 10, 10, false),
        ])
    func expires(divergences: Int, compared: Int, nowDivergences: Int, nowCompared: Int, isExpired: Bool) {
        let now = Settlement.Share(divergences: nowDivergences, compared: nowCompared)
        for judgement in [Settlement.Judgement.expected, .accepted] {
            #expect(settlement(judgement, divergences, of: compared).isExpired(at: now) == isExpired)
        }
        #expect(!settlement(.bug, divergences, of: compared).isExpired(at: now))
    }
}
