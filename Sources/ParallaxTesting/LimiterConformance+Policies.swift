import ParallaxCore

extension LimiterConformance {
    /// What a log that was written under one policy answers under another.
    static let changedPolicies: [LimiterCase] = [
        make("under a lowered limit a larger cost waits for more units to leave", "lowered-costs", [("w", 6, 1_000)]) {
            for unit in Int64(0)..<6 { $0.allows(at: unit * 100, (Int(unit) + 1, 1_000)) }
            $0.change(to: ("w", 3, 1_000))
            $0.limits(0, at: 600, by: "w", wait: 600, (6, 1_300))
            $0.limits(1, at: 600, by: "w", wait: 700, (6, 1_300))
            $0.limits(2, at: 600, by: "w", wait: 800, (6, 1_300))
            $0.limits(3, at: 600, by: "w", wait: 900, (6, 1_300))
            $0.limits(2, at: 1_399, by: "w", wait: 1, (2, 1_400))
            $0.limits(3, at: 1_400, by: "w", wait: 100, (1, 1_500))
            $0.allows(2, at: 1_400, (3, 1_500))
        },
        make(
            "a lowered limit holds in its own window, and the longest wait of all names the window", "lowered-one",
            [("short", 5, 1_000), ("long", 5, 10_000)]
        ) {
            $0.allows(2, at: 0, (2, 1_000), (2, 10_000))
            $0.allows(3, at: 500, (5, 1_000), (5, 10_000))
            $0.change(to: ("short", 2, 1_000), ("long", 5, 10_000))
            // Of the long window the three newest may stay, of the short one none.
            $0.limits(2, at: 600, by: "long", wait: 9_400, (5, 1_500), (5, 10_000))
            $0.change(to: ("short", 2, 1_000), ("long", 9, 10_000))
            $0.limits(2, at: 600, by: "short", wait: 900, (5, 1_500), (5, 10_000))
            $0.allows(2, at: 1_500, (2, 2_500), (7, 10_000))
        },
        make(
            "a long window taken out and put back counts what the shorter one kept meanwhile", "removed-long",
            [("second", 2, 1_000), ("minute", 3, 60_000)]
        ) {
            $0.allows(at: 0, (1, 1_000), (1, 60_000))
            $0.allows(at: 1_000, (1, 2_000), (2, 60_000))
            $0.change(to: ("second", 2, 1_000))
            // Looking and refusing forget nothing.
            $0.allows(0, at: 1_500, (1, 2_000))
            $0.limits(2, at: 1_500, by: "second", wait: 500, (1, 2_000))
            $0.change(to: ("second", 2, 1_000), ("minute", 3, 60_000))
            $0.allows(0, at: 1_500, (1, 2_000), (2, 60_000))
            $0.change(to: ("second", 2, 1_000))
            $0.allows(at: 1_999, (2, 2_000))
            $0.change(to: ("second", 2, 1_000), ("minute", 3, 60_000))
            $0.allows(0, at: 2_000, (1, 2_999), (2, 61_000))
            $0.allows(at: 3_000, (1, 4_000), (3, 61_000))
            $0.limits(at: 4_000, by: "minute", wait: 57_000, (0, 4_000), (3, 61_000))
        },
        make(
            "a short window taken out and put back counts all that the long one kept", "removed-short",
            [("second", 2, 1_000), ("minute", 9, 60_000)]
        ) {
            $0.allows(at: 0, (1, 1_000), (1, 60_000))
            $0.change(to: ("minute", 9, 60_000))
            $0.allows(4, at: 100, (5, 60_000))
            $0.change(to: ("minute", 9, 60_000), ("second", 2, 1_000))
            $0.limits(at: 200, by: "second", wait: 900, (5, 60_000), (5, 1_100))
            $0.allows(at: 1_100, (6, 60_000), (1, 2_100))
        },
        make("a limit raised above what the log kept counts only the kept units", "raised-kept", [("w", 2, 1_000)]) {
            $0.allows(at: 0, (1, 1_000))
            $0.allows(at: 600, (2, 1_000))
            $0.allows(at: 1_000, (2, 1_600))
            $0.allows(at: 1_600, (2, 2_000))
            $0.change(to: ("w", 10, 60_000))
            $0.allows(0, at: 1_700, (2, 61_000))
            $0.allows(8, at: 1_700, (10, 61_000))
            $0.limits(3, at: 1_701, by: "w", wait: 59_999, (10, 61_000))
            $0.allows(at: 61_000, (10, 61_600))
        },
        make("a refusal under a shorter policy forgets nothing", "refused-shorter", [("minute", 5, 60_000)]) {
            $0.allows(3, at: 0, (3, 60_000))
            $0.change(to: ("second", 1, 1_000))
            $0.limits(at: 10, by: "second", wait: 990, (3, 1_000))
            $0.change(to: ("minute", 5, 60_000))
            $0.limits(3, at: 20, by: "minute", wait: 59_980, (3, 60_000))
            $0.allows(2, at: 20, (5, 60_000))
        },
        make(
            "windows are known by what they are, not by their place or name", "renamed",
            [("a", 1, 1_000), ("b", 2, 5_000)]
        ) {
            $0.allows(at: 0, (1, 1_000), (1, 5_000))
            $0.change(to: ("a", 2, 5_000), ("c", 1, 1_000))
            $0.limits(at: 1, by: "c", wait: 999, (1, 5_000), (1, 1_000))
            $0.change(to: ("c", 1, 2_000))
            $0.limits(at: 1_999, by: "c", wait: 1, (1, 2_000))
            $0.change(to: ("c", 1, 1_999))
            $0.allows(at: 1_999, (1, 3_998))
        },
    ]
}

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
