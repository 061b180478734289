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
            $0.allows(at: 30_000, (2, 101_000), (2, 160_000))
            $0.limits(at: 30_000, by: "second", wait: 71_000, (2, 101_000), (2, 160_000))
            $0.limits(2, at: 0, by: "minute", wait: 160_000, (2, 101_000), (2, 160_000))
            $0.allows(at: 101_000, (1, 102_000), (3, 160_000))
            $0.limits(at: 60_000, by: "minute", wait: 100_000, (1, 102_000), (3, 160_000))
        },
        make("looking earlier than the newest unit sees it", "back-look", [("second", 3, 1_000)]) {
            $0.allows(2, at: 5_000, (2, 6_000))
            $0.allows(0, at: 0, (2, 6_000))
            $0.allows(0, at: 5_999, (2, 6_000))
            $0.allows(0, at: 6_000, (0, 6_000))
            $0.allows(0, at: 4_000, (2, 6_000))
        },
        make("a step back of a hundred days waits them out", "back-far", [("second", 1, 1_000)]) {
            $0.allows(at: 100 * day, (1, 100 * day + 1_000))
            $0.limits(at: 0, by: "second", wait: 100 * day + 1_000, (1, 100 * day + 1_000))
            $0.limits(at: 100 * day + 999, by: "second", wait: 1, (1, 100 * day + 1_000))
            $0.allows(at: 100 * day + 1_000, (1, 100 * day + 2_000))
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
            $0.limits(at: 10 * day, by: "month", wait: 49 * day, (2, 59 * day))
            $0.allows(at: 60 * day, (2, 88 * day))
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
