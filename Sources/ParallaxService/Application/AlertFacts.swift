import Settings
import FeatureFlags
import DivergenceStore
import ParallaxCore
import RedisLimiting

/// How the running parts are, put together for the alert rules.
struct AlertFacts: Sendable {
    let settings: Settings
    let metrics: DecisionMetrics
    let flags: FlagStore
    let redis: RedisLimiter
    let probes: ProbeLog
    let recorder: Recorder
    let rollback: RollbackService
    let drill: DrillService

    var current: AlertRules.Facts {
        var facts = AlertRules.Facts(counts: metrics.totals)
        facts.counts.connectionFailures = redis.health.reconnects
        addFlags(to: &facts)
        addRollback(to: &facts)
        facts.drill = drill.alert
        facts.redisProblem = redisProblem
        let recording = recorder.health
        if !recording.isWriting { facts.recorderProblem = recording.lastError ?? "unknown" }
        return facts
    }

    private func addFlags(to facts: inout AlertRules.Facts) {
        let health = flags.health
        facts.strategy = health.effective.strategy
        facts.failsClosed = settings.instance.isProduction || !health.effective.failOpen
        facts.isHeldAlone = health.isHeldAtLegacy
        facts.flagFileProblem = health.problem
        facts.flagWriteProblem = health.writeProblem
    }

    private func addRollback(to facts: inout AlertRules.Facts) {
        let health = rollback.health
        facts.rollback = health.latchedFiring
        facts.stoppedTriggers = AlertRules.Facts.stoppedTriggers(
            health.evaluations, strategy: facts.strategy, latch: health.latch, dryRun: settings.rollback.dryRun)
    }

    /// `nil` before the first probe.
    private var redisProblem: String? {
        guard probes.latest.isGood == false || redis.health.breaker != .closed else { return nil }
        return redis.health.lastError?.unavailability.rawValue ?? "its probes fail"
    }
}
