import ParallaxCore
import Testing

@testable import ParallaxService

@Suite struct HealthVerdictTests {
    @Test("compliance needs distributed_only, fail-closed, and a healthy Redis that is shared")
    func isStrictAboutCompliance() {
        for strategy in Strategy.allCases {
            for failOpen in [true, false] {
                for environment in DeploymentEnvironment.allCases {
                    for state in HealthSnapshot.Redis.State.allCases {
                        for isEmbedded in [true, false] {
                            var snapshot = HealthSnapshot.sound(strategy)
                            snapshot.flags.values.failOpen = failOpen
                            snapshot.environment = environment
                            snapshot.redis.state = state
                            snapshot.redis.isEmbedded = isEmbedded
                            let expected =
                                strategy == .distributedOnly && (!failOpen || environment == .production)
                                && state == .healthy && !isEmbedded
                            #expect(HealthVerdict(snapshot).isCompliant == expected)
                        }
                    }
                }
            }
        }
    }

    @Test(
        "what a person should look at degrades, and what refuses callers makes unhealthy",
        arguments: [
            ({ _ in }, .healthy), ({ $0.redis.state = .unhealthy }, .degraded),
            ({ $0.redis.state = .unknown }, .degraded),
            ({ $0.recorder.problem = "disk full" }, .degraded), ({ $0.flags.problem = "torn" }, .degraded),
            ({ $0.triggers[0].isLatched = true }, .degraded), ({ $0.triggers[1].state = .firing }, .degraded),
            ({ $0.triggers[1].state = .suspect }, .healthy), ({ $0.flags.isLoaded = false }, .unhealthy),
            (
                {
                    $0.flags.values.hybrid = false
                    $0.redis.state = .unhealthy
                }, .unhealthy
            ),
            (
                {
                    $0.flags.values.hybrid = false
                    $0.flags.values.failOpen = true
                    $0.redis.state = .unhealthy
                }, .degraded
            ),
            (
                {
                    $0.flags.values.distributedEnabled = false
                    $0.redis.state = .unhealthy
                }, .healthy
            ),
        ] as [(@Sendable (inout HealthSnapshot) -> Void, HealthVerdict.Status)])
    func judges(change: @Sendable (inout HealthSnapshot) -> Void, expected: HealthVerdict.Status) {
        var snapshot = HealthSnapshot.sound
        change(&snapshot)
        let verdict = HealthVerdict(snapshot)
        #expect(verdict.status == expected)
        #expect(verdict.reasons.isEmpty == (expected == .healthy))
    }

    @Test("an instance becomes ready when Redis has answered once, and stays so when Redis fails")
    func staysReady() {
        var snapshot = HealthSnapshot.sound(.distributedOnly)
        snapshot.redis.state = .unhealthy
        snapshot.redis.hasAnswered = false
        #expect(!HealthVerdict(snapshot).isReady)
        snapshot.redis.hasAnswered = true
        #expect(HealthVerdict(snapshot).isReady)
        snapshot = .sound(.hybrid)
        snapshot.redis.state = .unhealthy
        snapshot.redis.hasAnswered = false
        #expect(HealthVerdict(snapshot).isReady)
    }
}
