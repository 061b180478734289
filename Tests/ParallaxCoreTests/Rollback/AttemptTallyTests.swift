import ParallaxCore
import Testing

@Suite struct AttemptTallyTests {
    @Test(
        "each way to fail counts in exactly one place, and what was skipped in none", arguments: Unavailability.allCases
    )
    func places(reason: Unavailability) {
        var tally = AttemptTally()
        tally.count(.unavailable(reason))
        switch reason {
        case .skipped: #expect(tally == AttemptTally())
        case .error: #expect(tally == AttemptTally(errors: 1))
        default: #expect(tally == AttemptTally(outages: 1))
        }
    }

    @Test("a refusal is a decision and no error")
    func refusals() {
        var tally = AttemptTally()
        tally.count(.limited(by: "minute"))
        tally.count(.allowed)
        #expect(tally == AttemptTally(decided: 2))
    }
}
