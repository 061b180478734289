import DivergenceStore
import FeatureFlags
import ParallaxCore
import RedisLimiting
import Settings

/// How the running parts are, put together for the health and metrics routes.
struct ServiceHealth: HealthSource {
    let settings: Settings
    let flags: FlagStore
    let hybrid: HybridLimiter
    let redis: RedisLimiter
    let survey: ServerSurvey
    let probes: ProbeLog
    let recorder: Recorder
    let rollback: RollbackService
    let control: InMemoryLimiter
    let clockMonitor: ClockMonitor
    let alerts: AlertService
    let watch: SoakService
    let drill: DrillService
    let shutdownDelay: ShutdownDelay

    func health() async -> HealthReport {
        HealthReport(
            instance: settings.instance.id, environment: settings.instance.environment, flags: flagFile,
            redis: redisState, recorder: recorderState, triggers: triggers, memory: control.occupancy,
            refusals: redis.refusals?.health, baselines: baselines, waiting: waiting, clock: clockMonitor.health,
            latch: rollback.health.latch, watch: soakStatus, drill: drillState, alerts: alerts.health,
            isShuttingDown: shutdownDelay.hasBegun)
    }

    /// The watch after a promotion. One that was broken off is shown as long as it would have lasted.
    private var soakStatus: HealthReport.SoakStatus? {
        let now = Timestamp.now()
        return watch.current.flatMap { watch, tally in
            if let end = watch.brokenOff, now - end.time > SoakPeriod.milliseconds { return nil }
            return HealthReport.SoakStatus(watch, tally: tally, bounds: settings.gate, now: now)
        }
    }

    private var drillState: HealthReport.Drill? {
        if let note = drill.interrupted {
            return HealthReport.Drill(state: .interrupted, by: note.by, began: note.began)
        }
        return drill.running.map { HealthReport.Drill(state: .running, by: $0.by, began: $0.began) }
    }

    /// The service's, and that of applications if any has reported.
    private var baselines: [HealthReport.Baseline] {
        let states = rollback.health.baselines
        return ResponseTimeSource.allCases.compactMap { source in
            guard let state = states[source], source == .service || state.samples > 0 else { return nil }
            var isPlausible = true
            if case .frozen(let frozen) = state {
                isPlausible = frozen.isPlausible(of: source, settings: settings.rollback)
            }
            return HealthReport.Baseline(source: source, state: state, isPlausible: isPlausible)
        }
    }

    private var waiting: HealthReport.Waiting {
        let callers = hybrid.waitingCallers
        return HealthReport.Waiting(
            callers: callers.samples.count + callers.untracked, untracked: callers.untracked)
    }

    var flagFile: HealthReport.FlagFile {
        let health = flags.health
        return HealthReport.FlagFile(
            values: health.effective, isLoaded: health.lastGoodTime != nil, problem: Self.problem(of: health),
            isHeldAtLegacy: health.isHeldAtLegacy,
            writeProblem: health.writeProblem.map { Self.withoutPaths($0, file: health.path) },
            invalidReads: health.invalidReads, contentHash: health.contentHash)
    }

    private static func problem(of health: FlagHealth) -> String? {
        if health.isHeldAtLegacy {
            return "a rollback could not be written to the flag file; this instance only is held at legacy"
        }
        if health.historyLost > 0 { return "\(health.historyLost) changes are not in the history" }
        return health.problem.map { withoutPaths($0, file: health.path) }
    }

    /// Health needs no token, and so does not say where files lie: of a path only its last part is left.
    static func withoutPaths(_ text: String, file path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return text.replacing(path, with: name).replacing(/\/?(?:[^\s\/"]+\/)+([^\s\/"]+)/) { String($0.1) }
    }

    private var redisState: HealthReport.Redis {
        let health = redis.health
        let probe = probes.latest
        let state: HealthReport.Redis.State =
            switch probe.isGood {
            case nil: .unknown
            case true?: health.breaker == .closed ? .healthy : .unhealthy
            case false?: .unhealthy
            }
        return HealthReport.Redis(
            state: state, breaker: health.breaker, hasAnswered: probe.hasSucceeded,
            isEmbedded: settings.redis.isEmbedded,
            roundTripMilliseconds: probe.roundTrip.map { $0 / .milliseconds(1) },
            downSeconds: probe.downFor.map { $0 / .seconds(1) },
            problem: state == .healthy ? nil : (probe.problem ?? health.lastError)?.unavailability.rawValue,
            isDeciding: probe.isDeciding && health.breaker == .closed, connectionFailures: health.reconnects,
            replacedForeignValues: health.replacedForeignValues,
            resetsProblem: health.resetsProblem?.unavailability.rawValue,
            concerns: survey.concerns.sorted { $0.problem < $1.problem }, topology: health.topology)
    }

    private var recorderState: HealthReport.Recorder {
        let health = recorder.health
        return HealthReport.Recorder(
            pending: health.pendingComparisons, capacity: settings.recorder.bufferCapacity,
            written: health.writtenComparisons,
            dropped: Dictionary(uniqueKeysWithValues: health.droppedComparisons.map { ($0.key.rawValue, $0.value) }),
            usedBytes: health.usedBytes, maximumBytes: settings.recorder.maximumBytes, keptSince: health.keptSince,
            problem: health.isWriting
                ? nil : health.lastError.map { Self.withoutPaths($0, file: settings.recorder.databasePath) })
    }

    private var triggers: [HealthReport.TriggerReading] {
        let health = rollback.health
        let dryRun = settings.rollback.dryRun
        return Trigger.allCases.map { trigger in
            let evaluation = health.evaluations.first { $0.trigger == trigger }
            return HealthReport.TriggerReading(
                trigger: trigger, state: evaluation?.state ?? .warming, isLatched: health.latchedTrigger == trigger,
                isDryRun: dryRun.contains(trigger), isArmed: evaluation?.isArmed ?? false,
                isHeldBack: evaluation?.isHeldBack ?? false, sentence: evaluation?.sentence)
        }
    }
}

extension RollbackHealth {
    /// The rollback that waits to be acknowledged.
    var latchedFiring: RollbackLatch.Firing? {
        guard case .latched(let firing) = latch else { return nil }
        return firing
    }

    /// The trigger whose rollback waits to be acknowledged.
    var latchedTrigger: Trigger? { latchedFiring?.trigger }
}

/// How the running parts are, put together for the alert rules.
struct AlertInputs: Sendable {
    let settings: Settings
    let metrics: DecisionMetrics
    let flags: FlagStore
    let redis: RedisLimiter
    let probes: ProbeLog
    let recorder: Recorder
    let rollback: RollbackService
    let drill: DrillService

    var current: AlertRules.Inputs {
        var inputs = AlertRules.Inputs(counts: metrics.totals)
        inputs.counts.connectionFailures = redis.health.reconnects
        addFlags(to: &inputs)
        addRollback(to: &inputs)
        inputs.drill = drill.alert
        inputs.redisProblem = redisProblem
        let recording = recorder.health
        if !recording.isWriting { inputs.recorderProblem = recording.lastError ?? "unknown" }
        return inputs
    }

    private func addFlags(to inputs: inout AlertRules.Inputs) {
        let health = flags.health
        inputs.strategy = health.effective.strategy
        inputs.failsClosed = settings.instance.isProduction || !health.effective.failOpen
        inputs.isHeldHereOnly = health.isHeldAtLegacy
        inputs.flagFileProblem = health.problem
        inputs.flagWriteProblem = health.writeProblem
    }

    private func addRollback(to inputs: inout AlertRules.Inputs) {
        let health = rollback.health
        inputs.rollback = health.latchedFiring
        inputs.stoppedTriggers = AlertRules.Inputs.stoppedTriggers(
            health.evaluations, strategy: inputs.strategy, latch: health.latch, dryRun: settings.rollback.dryRun)
    }

    /// `nil` before the first probe.
    private var redisProblem: String? {
        guard probes.latest.isGood == false || redis.health.breaker != .closed else { return nil }
        return redis.health.lastError?.unavailability.rawValue ?? "its probes fail"
    }
}
