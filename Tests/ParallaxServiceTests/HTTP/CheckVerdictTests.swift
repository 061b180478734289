import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct CheckVerdictTests {
    @Test("a verdict of a limiter is passed on whatever the flags say", arguments: Strategy.allCases, [true, false])
    func passesVerdictsOn(strategy: Strategy, flag: Bool) {
        for isProduction in [true, false] {
            func verdict(_ outcome: Decision.Outcome) -> CheckVerdict {
                CheckVerdict(outcome, strategy: strategy, isProduction: isProduction, failsOpen: flag)
            }
            #expect(verdict(.allowed) == .allowed)
            #expect(verdict(.limited(by: "minute")) == .limited)
        }
    }

    @Test(
        "an outage passes only in distributed_only, outside production, with the flag",
        arguments: Unavailability.allCases)
    func failsClosed(reason: Unavailability) {
        for strategy in Strategy.allCases {
            for isProduction in [true, false] {
                for failsOpen in [true, false] {
                    let verdict = CheckVerdict(
                        .unavailable(reason), strategy: strategy, isProduction: isProduction, failsOpen: failsOpen)
                    let passes = strategy == .distributedOnly && !isProduction && failsOpen
                    #expect(verdict == (passes ? .failedOpen(reason) : .unavailable(reason)))
                }
            }
        }
    }
}
