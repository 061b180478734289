import Testing

@testable import ParallaxCore

@Suite struct ShareEstimateTests {
    @Test(
        "the interval is Wilson's at 95 %",
        arguments: [
            // Published: 81 of 263 gives 0.2553 to 0.3662, 15 of 148 gives 0.0624 to 0.1605, 0 of 20 gives 0 to 0.1611
            // (Newcombe, Statistics in Medicine 17, 1998, method 3).
            (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
            (20, 20, 0.8389, 1),
        ])
    func knownIntervals(count: Int, whole: Int, lower: Double, upper: Double) {
        let estimate = ShareEstimate(count, of: whole)
        #expect(abs(estimate.lower - lower) < 0.00006)
        #expect(abs(estimate.upper - upper) < 0.00006)
        #expect(estimate.share == Double(count) / Double(whole))
    }

    @Test("of nothing every share is possible")
    func nothing() {
        let estimate = ShareEstimate(0, of: 0)
        #expect(estimate.share == 0 && estimate.lower == 0 && estimate.upper == 1)
    }

    @Test(
        "two shares differ clearly when their intervals have none in common",
        arguments: [
            (10, 100, 12, 100, false), (10, 100, 40, 100, true), (40, 100, 10, 100, true), (0, 0, 50, 100, false),
            (100, 1000, 141, 1000, true), (100, 1000, 140, 1000, false), (5, 50, 5, 50, false),
        ])
    func differs(count: Int, whole: Int, otherCount: Int, otherWhole: Int, differs: Bool) {
        let (one, other) = (ShareEstimate(count, of: whole), ShareEstimate(otherCount, of: otherWhole))
        #expect(one.differsClearly(from: other) == differs)
        #expect(other.differsClearly(from: one) == differs)
    }
}
