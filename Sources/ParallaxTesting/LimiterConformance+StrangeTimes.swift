import ParallaxCore

extension LimiterConformance {
    private static let day: Int64 = 86_400_000

    /// Times that step back, stand still, or leap.
    static let strangeTimes: [LimiterCase] = [
        make(
            "a time that steps back across windows is judged at the newest unit in all of them", "back-across",
            [("second", 2, 1_000), ("minute", 3, 60_000)]
        ) {
            $0.allows(at: 0, (1, 1_000), (1, 60_000))
            $0.allows(at: 100_000, (1, 101_000), (1, 160_000))
            $0.allows(at: 93_000, (2, 101_000), (2, 160_000))
            $0.limits(at: 93_000, by: "second", wait: 8_000, (2, 101_000), (2, 160_000))
            $0.limits(2, at: 90_000, by: "minute", wait: 70_000, (2, 101_000), (2, 160_000))
            $0.allows(at: 101_000, (1, 102_000), (3, 160_000))
            $0.limits(at: 96_000, by: "minute", wait: 64_000, (1, 102_000), (3, 160_000))
        },
        make(
            "after a step back of more than ten seconds the units ahead count as of now, in every window", "step",
            [("second", 2, 1_000), ("minute", 4, 60_000)]
        ) {
            $0.allows(at: 0, (1, 1_000), (1, 60_000))
            $0.allows(2, at: 40_000, (2, 41_000), (3, 60_000))
            // Refused by what moved: the wait is a window's length and not the step's.
            $0.limits(at: 20_000, by: "second", wait: 1_000, (2, 21_000), (3, 60_000))
            $0.limits(at: 20_999, by: "second", wait: 1, (2, 21_000), (3, 60_000))
            $0.allows(at: 21_000, (1, 22_000), (4, 60_000))
            $0.limits(at: 59_999, by: "minute", wait: 1, (0, 59_999), (4, 60_000))
            $0.allows(at: 60_000, (1, 61_000), (4, 80_000))
        },
        make("a step back of exactly ten seconds is waited out", "step-edge", [("second", 1, 1_000)]) {
            $0.allows(at: 20_000, (1, 21_000))
            $0.limits(at: 10_000, by: "second", wait: 11_000, (1, 21_000))
            $0.limits(at: 9_999, by: "second", wait: 1_000, (1, 10_999))
            $0.allows(at: 10_999, (1, 11_999))
        },
        make(
            "looking after a step back moves the units too, so that what it says comes true", "step-look",
            [("second", 3, 1_000)]
        ) {
            $0.allows(2, at: 50_000, (2, 51_000))
            $0.allows(0, at: 10_000, (2, 11_000))
            $0.limits(2, at: 10_999, by: "second", wait: 1, (2, 11_000))
            $0.allows(2, at: 11_000, (2, 12_000))
        },
        make(
            "what was pruned before a step back does not count again after it", "step-pruned",
            [("minute", 3, 60_000)]
        ) {
            $0.allows(3, at: 0, (3, 60_000))
            $0.allows(at: 60_000, (1, 120_000))
            $0.allows(0, at: 30_000, (1, 90_000))
            $0.allows(2, at: 30_000, (3, 90_000))
            $0.limits(at: 89_999, by: "minute", wait: 1, (3, 90_000))
        },
        make(
            "a long log follows a step back, whatever part of it lies ahead", "step-long",
            [("long", 20_000, 3_600_000), ("short", 500, 1_000)]
        ) {
            for batch in Int64(0)..<40 {
                $0.allows(500, at: batch * 60_000, (Int(batch + 1) * 500, 3_600_000), (500, batch * 60_000 + 1_000))
            }
            // The last ten batches come to lie at one instant.
            $0.limits(at: 1_770_000, by: "long", wait: 1_830_000, (20_000, 3_600_000), (5_000, 1_771_000))
            $0.limits(at: 3_599_999, by: "long", wait: 1, (20_000, 3_600_000), (0, 3_599_999))
            $0.allows(500, at: 3_600_000, (20_000, 3_660_000), (500, 3_601_000))
        },
        make("looking earlier than the newest unit sees it", "back-look", [("second", 3, 1_000)]) {
            $0.allows(2, at: 5_000, (2, 6_000))
            $0.allows(0, at: 0, (2, 6_000))
            $0.allows(0, at: 5_999, (2, 6_000))
            $0.allows(0, at: 6_000, (0, 6_000))
            $0.allows(0, at: 4_000, (2, 6_000))
        },
        make("a step back of a hundred days holds for no longer than the window", "back-far", [("second", 1, 1_000)]) {
            $0.allows(at: 100 * day, (1, 100 * day + 1_000))
            $0.limits(at: 0, by: "second", wait: 1_000, (1, 1_000))
            $0.limits(at: 999, by: "second", wait: 1, (1, 1_000))
            $0.allows(at: 1_000, (1, 2_000))
            $0.allows(at: 100 * day, (1, 100 * day + 1_000))
        },
        make(
            "units accepted at a time that stepped back leave with the newest", "back-leave",
            [("second", 3, 1_000)]
        ) {
            $0.allows(at: 10_000, (1, 11_000))
            $0.allows(at: 9_500, (2, 11_000))
            $0.allows(at: 10_100, (3, 11_000))
            $0.limits(3, at: 11_099, by: "second", wait: 1, (1, 11_100))
            $0.allows(3, at: 11_100, (3, 12_100))
        },
        make(
            "units of a month stay in place beyond 32 bits of milliseconds", "month", [("month", 3, 30 * day)]
        ) {
            $0.allows(at: 0, (1, 30 * day))
            $0.allows(at: 20 * day, (2, 30 * day))
            $0.allows(at: 40 * day, (2, 50 * day))
            $0.allows(at: 49 * day, (3, 50 * day))
            $0.limits(at: 50 * day - 1, by: "month", wait: 1, (3, 50 * day))
            // 50 days after the first unit: more than 32 bits.
            $0.allows(at: 50 * day, (3, 70 * day))
            $0.limits(2, at: 70 * day, by: "month", wait: 9 * day, (2, 79 * day))
            $0.allows(at: 70 * day, (3, 79 * day))
            $0.allows(3, at: 100 * day, (3, 130 * day))
        },
        make("beyond 32 bits a step back still waits from the caller's time", "month-back", [("month", 2, 30 * day)]) {
            $0.allows(at: 0, (1, 30 * day))
            $0.allows(at: 29 * day, (2, 30 * day))
            $0.allows(at: 58 * day, (2, 59 * day))
            $0.limits(at: 58 * day - 5_000, by: "month", wait: day + 5_000, (2, 59 * day))
            $0.limits(at: 50 * day, by: "month", wait: 9 * day, (2, 59 * day))
            $0.allows(at: 60 * day, (2, 80 * day))
        },
        make("a limit of one in a millisecond accepts one every millisecond", "smallest", [("blink", 1, 1)]) {
            for time in Int64(0)..<5 {
                $0.allows(at: time, (1, time + 1))
                $0.limits(at: time, by: "blink", wait: 1, (1, time + 1))
            }
        },
        make("the first times there are can be judged at", "epoch", [("second", 1, 1_000)]) {
            let epoch = -LimiterCaseBuilder.start
            $0.allows(at: epoch, (1, epoch + 1_000))
            $0.limits(at: epoch + 1, by: "second", wait: 999, (1, epoch + 1_000))
            $0.allows(at: epoch + 1_000, (1, epoch + 2_000))
        },
    ]
}
