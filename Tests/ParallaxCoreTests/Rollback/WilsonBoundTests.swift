import ParallaxCore
import Testing

@Suite struct WilsonBoundTests {
    @Test(
        "the bounds are those of published tables at 95 %",
        arguments: [
            (0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0),
            (50, 1_000, 0.0381, 0.0653),
        ])
    func tables(successes: Int, trials: Int, lower: Double, upper: Double) {
        let low = WilsonBound.lower(successes: successes, trials: trials, deviations: 1.96)
        let high = WilsonBound.upper(successes: successes, trials: trials, deviations: 1.96)
        #expect(abs(low - lower) < 0.0001)
        #expect(abs(high - upper) < 0.0001)
    }

    @Test("without trials every share is credible")
    func noTrials() {
        #expect(WilsonBound.lower(successes: 0, trials: 0, deviations: 3) == 0)
        #expect(WilsonBound.upper(successes: 0, trials: 0, deviations: 3) == 1)
    }
}
