import ParallaxCore

/// What every sliding log must answer, whatever it is made of: the same cases run over each implementation.
///
/// ```swift
/// @Test(arguments: LimiterConformance.cases)
/// func conforms(_ limiterCase: LimiterCase) async {
///     #expect(await limiterCase.mismatches(of: makeLimiter()) == [])
/// }
/// ```
package enum LimiterConformance {
    package static let cases: [LimiterCase] =
        [
            make("a window accepts up to its limit and not one more", "limit", [("second", 2, 1_000)]) {
                $0.allows(at: 0, (1, 1_000))
                $0.allows(at: 10, (2, 1_000))
                $0.limits(at: 20, by: "second", wait: 980, (2, 1_000))
            },
            make(
                "a unit leaves its window exactly when it is as old as the window is long", "edge",
                [("second", 1, 1_000)]
            ) {
                $0.allows(at: 0, (1, 1_000))
                $0.limits(at: 999, by: "second", wait: 1, (1, 1_000))
                $0.allows(at: 1_000, (1, 2_000))
            },
            make("the wait is exact to the millisecond", "wait", [("second", 3, 1_000)]) {
                $0.allows(at: 0, (1, 1_000))
                $0.allows(2, at: 400, (3, 1_000))
                $0.limits(2, at: 500, by: "second", wait: 900, (3, 1_000))
                $0.limits(2, at: 1_399, by: "second", wait: 1, (2, 1_400))
                $0.allows(2, at: 1_400, (2, 2_400))
            },
            make("a window with no unit resets at once", "empty", [("second", 1, 1_000)]) {
                $0.allows(0, at: 5, (0, 5))
            },
            make("cost 0 looks and consumes nothing", "look", [("second", 1, 1_000)]) {
                $0.allows(0, at: 0, (0, 0))
                $0.allows(at: 1, (1, 1_001))
                $0.allows(0, at: 2, (1, 1_001))
                $0.limits(at: 3, by: "second", wait: 998, (1, 1_001))
                $0.allows(0, at: 1_001, (0, 1_001))
            },
            make(
                "a cost of the whole limit is accepted, and only into an empty window", "whole", [("second", 5, 1_000)]
            ) {
                $0.allows(5, at: 0, (5, 1_000))
                $0.limits(5, at: 999, by: "second", wait: 1, (5, 1_000))
                $0.allows(5, at: 1_000, (5, 2_000))
            },
            make(
                "a request that one window refuses consumes in none", "all-or-nothing",
                [("second", 1, 1_000), ("minute", 3, 60_000)]
            ) {
                $0.allows(at: 0, (1, 1_000), (1, 60_000))
                $0.limits(at: 1, by: "second", wait: 999, (1, 1_000), (1, 60_000))
                $0.allows(at: 1_000, (1, 2_000), (2, 60_000))
                $0.allows(at: 2_000, (1, 3_000), (3, 60_000))
                $0.limits(at: 3_000, by: "minute", wait: 57_000, (0, 3_000), (3, 60_000))
            },
            make(
                "it is limited by the violated window with the longest wait", "longest",
                [("second", 2, 1_000), ("minute", 2, 60_000)]
            ) {
                $0.allows(2, at: 0, (2, 1_000), (2, 60_000))
                $0.limits(at: 500, by: "minute", wait: 59_500, (2, 1_000), (2, 60_000))
            },
            make(
                "of windows with the same wait the first in the policy's order is named", "tie",
                [("b", 1, 1_000), ("a", 1, 1_000)]
            ) {
                $0.allows(at: 0, (1, 1_000), (1, 1_000))
                $0.limits(at: 0, by: "b", wait: 1_000, (1, 1_000), (1, 1_000))
            },
            make("a refused request leaves no trace", "trace", [("second", 1, 1_000)]) {
                $0.allows(at: 0, (1, 1_000))
                for offset in stride(from: Int64(1), to: 1_000, by: 111) {
                    $0.limits(at: offset, by: "second", wait: 1_000 - offset, (1, 1_000))
                }
                $0.allows(at: 1_000, (1, 2_000))
            },
            make("units of one instant are counted one by one", "equal", [("second", 3, 1_000)]) {
                $0.allows(at: 7, (1, 1_007))
                $0.allows(at: 7, (2, 1_007))
                $0.allows(at: 7, (3, 1_007))
                $0.limits(at: 7, by: "second", wait: 1_000, (3, 1_007))
            },
            make("a time before the newest unit is judged at the newest unit", "back", [("second", 2, 1_000)]) {
                $0.allows(at: 1_000, (1, 2_000))
                $0.allows(at: 400, (2, 2_000))
                $0.limits(at: 400, by: "second", wait: 1_600, (2, 2_000))
                $0.limits(at: 1_999, by: "second", wait: 1, (2, 2_000))
                $0.allows(at: 2_000, (1, 3_000))
            },
            make(
                "after an idle time beyond the longest window nothing is left", "idle",
                [("second", 1, 1_000), ("minute", 1, 60_000)]
            ) {
                $0.allows(at: 0, (1, 1_000), (1, 60_000))
                $0.allows(0, at: 60_000, (0, 60_000), (0, 60_000))
                $0.allows(at: 9_000_000_000, (1, 9_000_001_000), (1, 9_000_060_000))
            },
            make("a lowered limit applies at once to what is logged", "lowered", [("second", 4, 1_000)]) {
                for offset in Int64(0)..<4 { $0.allows(at: offset * 100, (Int(offset) + 1, 1_000)) }
                $0.change(to: ("second", 2, 1_000))
                $0.limits(at: 400, by: "second", wait: 800, (4, 1_200))
                $0.limits(0, at: 400, by: "second", wait: 700, (4, 1_200))
                $0.limits(at: 1_199, by: "second", wait: 1, (2, 1_200))
                $0.allows(at: 1_200, (2, 1_300))
            },
            make("a raised limit applies at once", "raised", [("second", 1, 1_000)]) {
                $0.allows(at: 0, (1, 1_000))
                $0.limits(at: 1, by: "second", wait: 999, (1, 1_000))
                $0.change(to: ("second", 2, 1_000))
                $0.allows(at: 2, (2, 1_000))
            },
            make("a new window counts what is already logged", "added", [("minute", 5, 60_000)]) {
                $0.allows(2, at: 0, (2, 60_000))
                $0.change(to: ("minute", 5, 60_000), ("second", 2, 1_000))
                $0.limits(at: 999, by: "second", wait: 1, (2, 60_000), (2, 1_000))
                $0.allows(at: 1_000, (3, 60_000), (1, 2_000))
            },
            make("a longer window counts only what the shorter ones had kept", "longer", [("second", 9, 1_000)]) {
                $0.allows(at: 0, (1, 1_000))
                $0.allows(at: 1_000, (1, 2_000))
                $0.change(to: ("minute", 9, 60_000))
                $0.allows(0, at: 1_001, (1, 61_000))
            },
        ] + changedPolicies + strangeTimes + sizes + [hostileIdentities]

    /// Strings that would share a key, or break one, if parts were joined carelessly.
    private static let hostileNames = [
        "a", "a:b", "b", "a}", "{a}", "a%3Ab", "%", " ", "\n", "a\u{0}b", "é", "e\u{301}", "😀", "rate_limit:{a:b}", "*",
    ]

    private static var hostileIdentities: LimiterCase {
        var steps: [LimiterCase.Step] = []
        for repeated in [false, true] {
            for organization in hostileNames {
                for identifier in hostileNames {
                    var builder = LimiterCaseBuilder("hostile", [("second", 1, 1_000)])
                    builder.identity = try! .init(organization: organization, identifier: identifier)
                    if repeated {
                        builder.limits(at: 1, by: "second", wait: 999, (1, 1_000))
                    } else {
                        builder.allows(at: 0, (1, 1_000))
                    }
                    steps += builder.steps
                }
            }
        }
        return LimiterCase(name: "no identity counts against another, whatever its strings hold", steps: steps)
    }

    static func make(
        _ name: String, _ identifier: String, _ windows: [(name: String, limit: Int, milliseconds: Int64)],
        _ write: (inout LimiterCaseBuilder) -> Void
    ) -> LimiterCase {
        var builder = LimiterCaseBuilder(identifier, windows)
        write(&builder)
        return LimiterCase(name: name, steps: builder.steps)
    }
}
