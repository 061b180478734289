@testable import Settings
import ParallaxCore
import RedisLimiting
import Testing

@testable import ParallaxService

@Suite struct HealthVerdictTests {
    @Test("compliance needs distributed_only, fail-closed, and a healthy Redis that is shared")
    func isStrictAboutCompliance() {
        for strategy in Strategy.allCases {
            for failOpen in [true, false] {
                for environment in DeploymentEnvironment.allCases {
                    for state in HealthReport.Redis.State.allCases {
                        for isEmbedded in [true, false] {
                            var report = HealthReport.sound(strategy)
                            report.flags.values.failOpen = failOpen
                            report.environment = environment
                            report.redis.state = state
                            report.redis.isEmbedded = isEmbedded
                            let expected =
                                strategy == .distributedOnly && (!failOpen || environment == .production)
                                && state == .healthy && !isEmbedded
                            #expect(HealthVerdict(report).isCompliant == expected)
                        }
                    }
                }
            }
        }
    }

    @Test("health says what is wrong with a file and not where it lies")
    func hidesPaths() {
        let texts = [
            ("flag file /etc/p x/flags.json is a folder; replace it by a file", "/etc/p x/flags.json"),
            ("flag file /mnt/real/flags.json cannot be read", "config/flags.json"),
        ]
        for (text, path) in texts {
            let shown = ServiceHealth.withoutPaths(text, file: path)
            #expect(shown.hasPrefix("flag file flags.json ") && !shown.contains("/"), "\(shown)")
        }
    }

    @Test("an instance that was asked to end is not ready, and as healthy as before")
    func isNotReadyAtTheEnd() {
        var report = HealthReport.sound(.hybrid)
        report.isShuttingDown = true
        let verdict = HealthVerdict(report)
        #expect(!verdict.isReady && verdict.notReadyReasons == ["the instance is shutting down"])
        #expect(verdict.status == .healthy)
    }

    /// A change to a sound report of hybrid, and the status that must follow.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let expected: HealthVerdict.Status
        let apply: @Sendable (inout HealthReport) -> Void

        init(
            _ text: String, _ expected: HealthVerdict.Status,
            _ apply: @escaping @Sendable (inout HealthReport) -> Void
        ) {
            testDescription = text
            self.expected = expected
            self.apply = apply
        }
    }

    private static let changes = [
        Change("nothing", .healthy) { _ in },
        Change("Redis down", .degraded) { $0.redis.state = .unhealthy },
        Change("Redis unknown", .degraded) { $0.redis.state = .unknown },
        Change("a node of a cluster", .degraded) {
            $0.redis.concerns = [.clusterNode]
        },
        Change("a policy that evicts", .healthy) {
            $0.redis.concerns = [.eviction(policy: "allkeys-lru")]
        },
        Change("resets not heard", .degraded) { $0.redis.resetsProblem = "unauthorized" },
        Change("legacy, resets not heard, memory nearly full", .healthy) {
            $0.flags.values.distributedEnabled = false
            $0.redis.resetsProblem = "unauthorized"
            $0.redis.concerns = [.memory(percent: 90)]
        },
        Change("flag file read-only", .degraded) { $0.flags.writeProblem = "read-only file system" },
        Change("held at legacy", .degraded) { $0.flags.isHeldAtLegacy = true },
        Change("hybrid within the hold-off", .degraded) { $0.latch = .holdingOff(until: .now) },
        Change("legacy within the hold-off", .healthy) {
            $0.flags.values.distributedEnabled = false
            $0.latch = .holdingOff(until: .now)
        },
        Change("hybrid over a latch", .degraded) {
            var latch = RollbackLatch()
            latch.fire(
                Evaluation(trigger: .redisDown, time: .now, state: .firing, sentence: "down"))
            $0.latch = latch.state(at: .now, settings: RollbackSettings())
        },
        Change("recorder failing", .degraded) { $0.recorder.problem = "disk full" },
        Change("flag file torn", .degraded) { $0.flags.problem = "torn" },
        Change("trigger latched", .degraded) { $0.triggers[0].isLatched = true },
        Change("trigger firing", .degraded) { $0.triggers[1].state = .firing },
        Change("alerts undelivered", .degraded) { $0.alerts = .sample(problem: "receiver 1: it cannot be reached") },
        Change("alerts delivered", .healthy) { $0.alerts = .sample(problem: nil) },
        Change("drill interrupted", .degraded) { $0.drill = .init(state: .interrupted, by: "ann", began: .now) },
        Change("drill running", .healthy) { $0.drill = .init(state: .running, by: "ann", began: .now) },
        Change("baseline too old", .degraded) {
            $0.baselines = [.init(source: .application, state: .stale(.sample))]
        },
        Change("baseline learned while something was slow", .degraded) {
            $0.baselines = [.init(source: .service, state: .frozen(.sample), isPlausible: false)]
        },
        Change("baseline frozen", .healthy) { $0.baselines = [.init(source: .service, state: .frozen(.sample))] },
        Change("baseline being learned", .healthy) {
            $0.baselines = [.init(source: .service, state: .learning(samples: 7))]
        },
        Change("trigger suspect", .healthy) { $0.triggers[1].state = .suspect },
        Change("trigger held back", .degraded) { $0.triggers[1].isHeldBack = true },
        Change("trigger not armed", .healthy) { $0.triggers[1].isArmed = false },
        Change("no flags", .unhealthy) { $0.flags.isLoaded = false },
        Change("distributed_only, closed, Redis down", .unhealthy) {
            $0.flags.values.hybrid = false
            $0.redis.state = .unhealthy
        },
        Change("distributed_only, the probe fails, checks are answered", .degraded) {
            $0.flags.values.hybrid = false
            $0.redis.state = .unhealthy
            $0.redis.isDeciding = true
        },
        Change("distributed_only, open, Redis down", .degraded) {
            $0.flags.values.hybrid = false
            $0.flags.values.failOpen = true
            $0.redis.state = .unhealthy
        },
        Change("the last answers were all 503", .unhealthy) { $0.alerts = .sample(problem: nil, unansweredRun: 5) },
        Change("the last checks passed without a verdict", .degraded) {
            $0.flags.values.failOpen = true
            $0.alerts = .sample(problem: nil, unansweredRun: 5)
        },
        Change("legacy, Redis down", .healthy) {
            $0.flags.values.distributedEnabled = false
            $0.redis.state = .unhealthy
        },
    ]

    @Test("what a person should look at degrades, and what refuses callers makes unhealthy", arguments: changes)
    func judges(change: Change) {
        var report = HealthReport.sound
        change.apply(&report)
        let verdict = HealthVerdict(report)
        #expect(verdict.status == change.expected)
        #expect(verdict.reasons.isEmpty == (change.expected == .healthy))
    }

    @Test("health says until when no automatic rollback protects what runs")
    func unprotected() {
        var report = HealthReport.sound(.distributedOnly)
        report.latch = .holdingOff(until: Timestamp(milliseconds: 1_767_323_045_000))
        #expect(
            HealthVerdict(report).reasons == [
                "at distributed_only, and no automatic rollback until 2026-01-02T03:04:05Z, since the last one was "
                    + "acknowledged a short while ago"
            ])
    }

    @Test("an instance becomes ready when Redis has answered once, and stays so when Redis fails")
    func staysReady() {
        var report = HealthReport.sound(.distributedOnly)
        report.redis.state = .unhealthy
        report.redis.hasAnswered = false
        #expect(!HealthVerdict(report).isReady)
        report.redis.hasAnswered = true
        #expect(HealthVerdict(report).isReady)
        report = .sound(.hybrid)
        report.redis.state = .unhealthy
        report.redis.hasAnswered = false
        #expect(HealthVerdict(report).isReady)
    }
}

extension AlertHealth {
    fileprivate static func sample(problem: String?, unansweredRun: Int? = nil) -> AlertHealth {
        AlertHealth(
            receivers: 1, firing: [.refusalRate], delivered: 1, failures: 1, waiting: 0, problem: problem, began: [:],
            unansweredRun: unansweredRun)
    }
}
