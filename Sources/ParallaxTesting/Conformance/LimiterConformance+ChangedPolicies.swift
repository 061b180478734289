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
