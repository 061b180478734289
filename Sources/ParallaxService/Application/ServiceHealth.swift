import Settings
import FeatureFlags
import DivergenceStore
import ParallaxCore
import RedisLimiting

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
    let clockWatch: ClockWatch
    let alerts: AlertService
    let watch: WatchService
    let drill: DrillService
    let shutdownDelay: ShutdownDelay

    func health() async -> HealthSnapshot {
        var snapshot = HealthSnapshot(
            instance: settings.instance.id, environment: settings.instance.environment, flags: flagFile,
            redis: redisState, recorder: recorderState, triggers: triggers, memory: memory,
            refusals: refusals, baselines: baselines, waiting: waiting)
        snapshot.clock = clockWatch.health
        snapshot.latch = rollback.health.latch
        addPromotion(to: &snapshot)
        snapshot.isShuttingDown = shutdownDelay.hasBegun
        return snapshot
    }

    /// The door's, and that of applications where any has reported.
    private var baselines: [HealthSnapshot.Baseline] {
        let states = rollback.health.baselines
        return ResponseTimeSource.allCases.compactMap { source in
            guard let state = states[source], source == .door || state.samples > 0 else { return nil }
            var isPlausible = true
            if case .frozen(let frozen) = state {
                isPlausible = frozen.isPlausible(of: source, settings: settings.rollback)
            }
            return HealthSnapshot.Baseline(source: source, state: state, isPlausible: isPlausible)
        }
    }

    private var waiting: HealthSnapshot.Waiting {
        let callers = hybrid.waitingCallers
        return HealthSnapshot.Waiting(
            callers: callers.samples.count + callers.untracked, untracked: callers.untracked)
    }

    var flagFile: HealthSnapshot.FlagFile {
        let health = flags.health
        var file = HealthSnapshot.FlagFile(
            values: health.effective, isLoaded: health.lastGoodTime != nil, problem: Self.problem(of: health),
            writeProblem: health.writeProblem.map { Self.withoutPaths($0, file: health.path) },
            invalidReads: health.invalidReads, contentHash: health.contentHash)
        file.isHeldAtLegacy = health.isHeldAtLegacy
        return file
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

    private var redisState: HealthSnapshot.Redis {
        let health = redis.health
        let probe = probes.latest
        let breaker = HealthSnapshot.Redis.Breaker(health.breaker)
        let state: HealthSnapshot.Redis.State =
            switch probe.isGood {
            case nil: .unknown
            case true?: breaker == .closed ? .healthy : .unhealthy
            case false?: .unhealthy
            }
        return HealthSnapshot.Redis(
            state: state, breaker: breaker, hasAnswered: probe.hasSucceeded,
            isEmbedded: settings.redis.isEmbedded,
            roundTripMilliseconds: probe.roundTrip.map { $0 / .milliseconds(1) },
            downSeconds: probe.downFor.map { $0 / .seconds(1) },
            problem: state == .healthy ? nil : (probe.problem ?? health.lastError)?.unavailability.rawValue,
            isDeciding: probe.isDeciding && breaker == .closed, connectionFailures: health.reconnects,
            replacedForeignValues: health.replacedForeignValues,
            resetsProblem: health.resetsProblem?.unavailability.rawValue,
            concerns: survey.concerns.map(HealthSnapshot.Redis.Concern.init).sorted { $0.sentence < $1.sentence },
            topology: health.topology.map(HealthSnapshot.Topology.init))
    }

    private var recorderState: HealthSnapshot.Recorder {
        let health = recorder.health
        return HealthSnapshot.Recorder(
            pending: health.pendingComparisons, capacity: settings.recorder.bufferCapacity,
            written: health.writtenComparisons,
            dropped: Dictionary(uniqueKeysWithValues: health.droppedComparisons.map { ($0.key.rawValue, $0.value) }),
            usedBytes: health.usedBytes, maximumBytes: settings.recorder.maximumBytes, keptSince: health.keptSince,
            problem: health.isWriting
                ? nil : health.lastError.map { Self.withoutPaths($0, file: settings.recorder.databasePath) })
    }

    private var triggers: [HealthSnapshot.TriggerReading] {
        let health = rollback.health
        let dryRun = settings.rollback.dryRun
        return Trigger.allCases.map { trigger in
            let evaluation = health.evaluations.first { $0.trigger == trigger }
            return HealthSnapshot.TriggerReading(
                trigger: trigger, state: evaluation?.state ?? .warming, isLatched: health.latchedTrigger == trigger,
                isDryRun: dryRun.contains(trigger), isArmed: evaluation?.isArmed ?? false,
                isHeldBack: evaluation?.isHeldBack ?? false, sentence: evaluation?.sentence)
        }
    }

    private var refusals: HealthSnapshot.Refusals? {
        (redis.refusals?.health).map {
            HealthSnapshot.Refusals(
                isInUse: $0.isInUse, identities: $0.identities, evictions: $0.evictions, repeated: $0.refusals)
        }
    }

    private var memory: HealthSnapshot.Memory {
        let occupancy = control.occupancy
        return HealthSnapshot.Memory(
            identities: occupancy.identities, bytes: occupancy.bytes, evictions: occupancy.evictions)
    }
}

extension HealthSnapshot.Redis.Breaker {
    fileprivate init(_ state: BreakerState) {
        self =
            switch state {
            case .closed: .closed
            case .open: .open
            case .halfOpen: .halfOpen
            }
    }
}

extension HealthSnapshot.Redis.Concern {
    fileprivate init(_ concern: ServerConcern) {
        switch concern {
        case .clusterNode, .memory: self.init(sentence: "REDIS_URL \(concern.problem)", isUrgent: true)
        case .eviction: self.init(sentence: "REDIS_URL \(concern.problem)", isUrgent: false)
        }
    }
}

extension HealthSnapshot.Topology {
    fileprivate init(_ topology: TopologyHealth) {
        self.init(
            kind: topology.kind.rawValue,
            primaries: topology.primaries.map { primary in
                HealthSnapshot.Primary(
                    id: primary.id, slots: primary.slots, replicas: primary.replicas, since: primary.since,
                    isConnected: primary.connections > 0, breaker: HealthSnapshot.Redis.Breaker(primary.breaker))
            }, uncoveredSlots: topology.uncovered)
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
