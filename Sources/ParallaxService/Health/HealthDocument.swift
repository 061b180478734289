import Settings
import FeatureFlags
import ParallaxCore

/// The body of `/health`: the parts that the migration's tools read, then the state of every part of the service.
struct HealthDocument: Encodable {
    struct Security: Encodable {
        struct MiddlewareStatus: Encodable {
            let migrationStrategy: String
            let distributedEnabled: Bool
            let isCompliant: Bool

            private enum CodingKeys: String, CodingKey {
                case migrationStrategy, distributedEnabled
                case isCompliant = "p0_13b_compliance"
            }
        }

        let middlewareStatus: MiddlewareStatus
    }

    struct Redis: Encodable {
        let state: String
        let breaker: String
        let embedded: Bool
        let roundTripMs: Double?
        let downSeconds: Double?
        let problem: String?
        /// Left out until the first.
        let replacedValues: Int?
        let resetsProblem: String?
        /// Left out if there are none.
        let concerns: [String]?
        /// Left out unless decisions are answered although probes fail.
        let answersDecisions: Bool?
        let topology: Topology?

        init(_ redis: HealthSnapshot.Redis) {
            state = redis.state.rawValue
            breaker = redis.breaker.rawValue
            embedded = redis.isEmbedded
            roundTripMs = redis.roundTripMilliseconds
            downSeconds = redis.downSeconds
            problem = redis.problem
            resetsProblem = redis.resetsProblem
            concerns = redis.concerns.isEmpty ? nil : redis.concerns.map(\.sentence)
            replacedValues = redis.replacedForeignValues == 0 ? nil : redis.replacedForeignValues
            answersDecisions = redis.isDeciding && redis.state != .healthy ? true : nil
            topology = redis.topology.map(Topology.init)
        }
    }

    struct Recorder: Encodable {
        let state: String
        let pending: Int
        let capacity: Int
        let written: Int
        let dropped: [String: Int]
        let usedBytes: Int?
        let maxBytes: Int?
        /// Left out unless the bound of bytes has made older records go.
        let keptSince: String?
        let problem: String?

        init(_ recorder: HealthSnapshot.Recorder) {
            state = recorder.problem == nil ? "writing" : "failing"
            pending = recorder.pending
            capacity = recorder.capacity
            written = recorder.written
            dropped = recorder.dropped
            usedBytes = recorder.usedBytes
            maxBytes = recorder.maximumBytes
            keptSince = recorder.keptSince?.textInHealth
            problem = recorder.problem
        }
    }

    struct Flags: Encodable {
        let state: String
        let distributedRateLimitingEnabled: Bool
        let hybridRateLimiting: Bool
        let failOpenOnRedisError: Bool
        let distributedEnforcementPercent: Double
        let invalidReads: Int
        let contentHash: String?
        let problem: String?
        /// Whether a rollback that is not in the file holds this instance only at legacy.
        let heldAtLegacy: Bool
        /// Left out while the file can be written.
        let writeProblem: String?

        init(_ flags: HealthSnapshot.FlagFile) {
            state = !flags.isLoaded ? "missing" : flags.problem == nil ? "valid" : "last_good"
            distributedRateLimitingEnabled = flags.values.distributedEnabled
            hybridRateLimiting = flags.values.hybrid
            failOpenOnRedisError = flags.values.failOpen
            distributedEnforcementPercent = flags.values.enforcementPercent
            invalidReads = flags.invalidReads
            contentHash = flags.contentHash
            problem = flags.problem
            heldAtLegacy = flags.isHeldAtLegacy
            writeProblem = flags.writeProblem
        }
    }

    struct TriggerReading: Encodable {
        let trigger: String
        let state: String
        let latched: Bool
        let dryRun: Bool
        let armed: Bool
        /// Left out if it is armed.
        let missing: String?
        let sentence: String?

        init(_ reading: HealthSnapshot.TriggerReading) {
            trigger = reading.trigger.rawValue
            state = reading.state.rawValue
            latched = reading.isLatched
            dryRun = reading.isDryRun
            armed = reading.isArmed
            missing = reading.isArmed ? nil : reading.sentence ?? "it has not been evaluated yet"
            sentence = reading.sentence
        }
    }

    struct Baseline: Encodable {
        let source: String
        let state: String
        let samples: Int
        /// Left out unless something else was slow while it was learned.
        let plausible: Bool?
        /// Left out while it is being learned.
        let frozenAt: String?

        init(_ baseline: HealthSnapshot.Baseline) {
            source = baseline.source.rawValue
            state = baseline.state.stage.rawValue
            samples = baseline.state.samples
            plausible = baseline.isPlausible ? nil : false
            switch baseline.state {
            case .learning: frozenAt = nil
            case .frozen(let frozen), .stale(let frozen):
                frozenAt = frozen.frozenAt.textInHealth
            }
        }
    }

    struct Waiting: Encodable {
        let callers: Int
        let untracked: Int
    }

    struct Memory: Encodable {
        let identities: Int
        let bytes: Int
        let evictions: Int

        init(_ memory: HealthSnapshot.Memory) {
            identities = memory.identities
            bytes = memory.bytes
            evictions = memory.evictions
        }
    }

    struct RefusalCache: Encodable {
        let inUse: Bool
        let identities: Int
        let evictions: Int
        let refusals: Int

        init(_ refusals: HealthSnapshot.Refusals) {
            inUse = refusals.isInUse
            identities = refusals.identities
            evictions = refusals.evictions
            self.refusals = refusals.repeated
        }
    }

    let status: HealthVerdict.Status
    let reasons: [String]
    let instance: String
    let environment: DeploymentEnvironment
    let security: Security
    let redis: Redis
    let recorder: Recorder
    let flags: Flags
    let triggers: [TriggerReading]
    let rollback: Rollback
    let baselines: [Baseline]
    let waiting: Waiting
    let memory: Memory
    /// Left out where refusals are not kept.
    let refusalCache: RefusalCache?
    /// Left out if no clock stepped since the start.
    let clock: Clock?
    /// Left out where there is none.
    let watch: Watch?
    let drill: Drill?
    let alerts: Alerts?

    init(_ snapshot: HealthSnapshot) {
        let verdict = HealthVerdict(snapshot)
        status = verdict.status
        reasons = verdict.reasons
        instance = snapshot.instance
        environment = snapshot.environment
        security = Security(
            middlewareStatus: Security.MiddlewareStatus(
                migrationStrategy: snapshot.strategy.rawValue,
                distributedEnabled: snapshot.flags.values.distributedEnabled,
                isCompliant: verdict.isCompliant))
        redis = Redis(snapshot.redis)
        recorder = Recorder(snapshot.recorder)
        flags = Flags(snapshot.flags)
        triggers = snapshot.triggers.map(TriggerReading.init)
        rollback = Rollback(snapshot.latch)
        baselines = snapshot.baselines.map(Baseline.init)
        waiting = Waiting(callers: snapshot.waiting.callers, untracked: snapshot.waiting.untracked)
        memory = Memory(snapshot.memory)
        refusalCache = snapshot.refusals.map(RefusalCache.init)
        clock = snapshot.clock.map(Clock.init)
        watch = snapshot.watch.map(Watch.init)
        drill = snapshot.drill.map(Drill.init)
        alerts = snapshot.alerts.map(Alerts.init)
    }
}

/// The body of `/api/system/rate-limit/health`: the limiter alone.
struct LimiterHealthDocument: Encodable {
    let status: HealthVerdict.Status
    let migrationStrategy: String
    let failsClosed: Bool
    let redis: HealthDocument.Redis
    let memory: HealthDocument.Memory

    /// Of the limiter alone: neither the recorder nor the triggers count.
    init(_ snapshot: HealthSnapshot) {
        var limiter = snapshot
        limiter.recorder.problem = nil
        limiter.triggers = []
        limiter.baselines = []
        status = HealthVerdict(limiter).status
        migrationStrategy = snapshot.strategy.rawValue
        failsClosed = snapshot.failsClosed
        redis = HealthDocument.Redis(snapshot.redis)
        memory = HealthDocument.Memory(snapshot.memory)
    }
}
