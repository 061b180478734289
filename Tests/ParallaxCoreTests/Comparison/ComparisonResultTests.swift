import ParallaxCore
import Testing

@Suite struct ComparisonResultTests {
    private static let windows = Policy.defaultValue.windows
    private static let now = Timestamp(milliseconds: 1_000_000)

    private static func decision(_ outcome: Decision.Outcome, used: Int = 1) -> Decision {
        Decision(
            outcome: outcome, windows: windows.map { WindowState(window: $0, used: used, reset: now) },
            retryAfterMilliseconds: 0, judgedAt: now)
    }

    @Test(
        "two verdicts agree, diverge in one of four kinds, or cannot be compared",
        arguments: [
            (decision(.allowed), decision(.allowed), Comparison.Result.agreed),
            (decision(.allowed), decision(.limited(by: "minute")), .diverged(.newlyLimited, .unexplained)),
            (decision(.limited(by: "minute")), decision(.allowed), .diverged(.newlyAllowed, .unexplained)),
            (decision(.limited(by: "minute")), decision(.limited(by: "minute")), .agreed),
            (
                decision(.limited(by: "minute")), decision(.limited(by: "hour")),
                .diverged(.differentWindow, .unexplained)
            ),
            (decision(.allowed), decision(.allowed, used: 2), .agreed),
            (decision(.allowed), decision(.allowed, used: 3), .diverged(.quotaDrift, .unexplained)),
            (decision(.limited(by: "hour")), .unavailable(.circuitOpen), .incomparable(.circuitOpen)),
            (.unavailable(.error), decision(.allowed), .incomparable(.error)),
        ])
    func result(_ control: Decision, _ candidate: Decision, _ expected: Comparison.Result) {
        let result = Comparison.Result(control: control, candidate: candidate, tolerances: ComparisonTolerances())
        #expect(result == expected)
    }
}
