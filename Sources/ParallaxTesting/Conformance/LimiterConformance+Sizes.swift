import ParallaxCore

extension LimiterConformance {
    /// Many windows, the largest limits and durations, and logs of many units.
    static let sizes: [LimiterCase] = [
        make(
            "a cost of the smallest limit is judged by every window", "smallest-limit",
            [("a", 4, 1_000), ("b", 4, 10_000), ("c", 9, 60_000)]
        ) {
            $0.allows(4, at: 0, (4, 1_000), (4, 10_000), (4, 60_000))
            $0.limits(4, at: 1_000, by: "b", wait: 9_000, (0, 1_000), (4, 10_000), (4, 60_000))
            $0.limits(4, at: 9_999, by: "b", wait: 1, (0, 9_999), (4, 10_000), (4, 60_000))
            $0.allows(4, at: 10_000, (4, 11_000), (4, 20_000), (8, 60_000))
            $0.limits(4, at: 20_000, by: "c", wait: 40_000, (0, 20_000), (0, 20_000), (8, 60_000))
            $0.allows(4, at: 60_000, (4, 61_000), (4, 70_000), (8, 70_000))
        },
        sixteenWindows(reversed: false),
        sixteenWindows(reversed: true),
        make(
            "the largest limit, all at once, in the longest and the shortest window", "largest",
            [("month", largest, longest), ("blink", largest, 1)]
        ) {
            $0.allows(largest, at: 0, (largest, longest), (largest, 1))
            $0.limits(at: 1, by: "month", wait: longest - 1, (largest, longest), (0, 1))
            $0.limits(largest, at: longest - 1, by: "month", wait: 1, (largest, longest), (0, longest - 1))
            $0.allows(at: longest, (1, 2 * longest), (1, longest + 1))
            $0.limits(
                largest, at: longest, by: "month", wait: longest, (1, 2 * longest), (1, longest + 1))
        },
        make(
            "a log of many units answers like a short one while it grows, is full, and moves on", "long",
            [("long", 400, 50_000), ("short", 20, 1_000)]
        ) {
            for unit in Int64(0)..<400 {
                $0.allows(
                    at: unit * 100, (Int(unit) + 1, 50_000), (Int(min(unit + 1, 10)), max(0, unit - 9) * 100 + 1_000))
            }
            $0.limits(at: 40_000, by: "long", wait: 10_000, (400, 50_000), (9, 40_100))
            $0.limits(20, at: 49_999, by: "long", wait: 1_901, (400, 50_000), (0, 49_999))
            for unit in Int64(0)..<200 {
                let now = 50_000 + unit * 100
                $0.allows(
                    at: now, (400, now + 100), (Int(min(unit + 1, 10)), max(50_000, now - 900) + 1_000))
            }
            // The units that had left the fifty seconds are gone, whether they were cut off yet or not.
            $0.change(to: ("longer", 600, 80_000))
            $0.allows(0, at: 70_000, (400, 100_000))
            $0.allows(200, at: 70_000, (600, 100_000))
            $0.limits(at: 99_999, by: "longer", wait: 1, (600, 100_000))
            $0.allows(at: 100_000, (600, 100_100))
        },
        make("many units at once leave a long log at once", "bulk", [("minute", 1_000, 60_000)]) {
            for batch in Int64(0)..<4 { $0.allows(250, at: batch * 100, (Int(batch + 1) * 250, 60_000)) }
            $0.limits(at: 59_999, by: "minute", wait: 1, (1_000, 60_000))
            // A quarter has left, then half.
            $0.allows(at: 60_000, (751, 60_100))
            $0.allows(249, at: 60_000, (1_000, 60_100))
            $0.limits(251, at: 60_099, by: "minute", wait: 101, (1_000, 60_100))
            $0.allows(250, at: 60_100, (1_000, 60_200))
            $0.change(to: ("minute", 300, 60_000))
            $0.limits(0, at: 60_150, by: "minute", wait: 59_850, (1_000, 120_000))
            $0.limits(50, at: 60_150, by: "minute", wait: 59_850, (1_000, 120_000))
            $0.limits(51, at: 60_150, by: "minute", wait: 59_950, (1_000, 120_000))
        },
    ]

    private static let largest = Policy.maximumLimit
    private static let longest = Policy.maximumDurationMilliseconds

    /// The window of i seconds lets i units through: a unit a second fills all of them, to the last millisecond.
    private static func sixteenWindows(reversed: Bool) -> LimiterCase {
        let sizes = reversed ? Array((Int64(1)...16).reversed()) : Array(1...16)
        func states(at second: Int64) -> [(used: Int, reset: Int64)] {
            // The last unit came at the beginning of the second; half way through it nothing more has left.
            sizes.map { size in (Int(min(size, second + 1)), (max(0, second - size + 1) + size) * 1_000) }
        }
        return make(
            "sixteen windows are all held to\(reversed ? ", whatever their order" : "")",
            "sixteen\(reversed ? "-reversed" : "")", sizes.map { ("w\($0)", Int($0), $0 * 1_000) }
        ) {
            for second in Int64(0)..<20 {
                $0.allows(at: second * 1_000, states: states(at: second))
                // All that are full wait equally long: the first of the policy is named.
                let first = sizes.first { $0 <= second + 1 }!
                $0.limits(
                    at: second * 1_000 + 500, by: "w\(first)", wait: 500, states: states(at: second))
            }
        }
    }
}
