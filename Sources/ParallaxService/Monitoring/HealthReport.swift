import FeatureFlags
import ParallaxCore
import RedisLimiting
import Settings

/// How the parts of the service are at one moment: the body of `/health`, and what the metrics show.
///
/// ``ServiceHealth`` fills it. What follows from it is in ``HealthVerdict``, which is part of its encoded form.
struct HealthReport: Equatable, Sendable {
    var instance: String
    var environment: DeploymentEnvironment
    var flags: FlagFile
    var redis: Redis
    var recorder: Recorder
    var triggers: [TriggerReading]
    /// The limiter in memory.
    var memory: MemoryOccupancy
    /// `nil` if no refusals are kept.
    var refusals: RefusalCacheHealth?
    /// What response times are compared with.
    var baselines: [Baseline] = []
    var waiting = Waiting()
    /// `nil` if no clock stepped since the start.
    var clock: Clock?
    /// Whether a rollback may take place, and if not, why.
    var latch = RollbackLatch.State.armed
    /// The watch after a promotion; `nil` if there is none to report.
    var watch: SoakStatus?
    /// The drill under way or interrupted; `nil` if there is none.
    var drill: Drill?
    /// `nil` if there is no service for alerts.
    var alerts: AlertHealth?
    /// Whether the instance was asked to end.
    var isShuttingDown = false

    var strategy: Strategy { flags.values.strategy }

    /// Whether requests are refused while Redis cannot answer.
    var failsClosed: Bool { environment == .production || !flags.values.failOpen }
}

/// Knows how the parts of the service are. `ServiceHealth` in production; tests use a scripted one.
protocol HealthSource: Sendable {
    /// How things are at this moment. Must not wait for Redis: it reports what is known already.
    func health() async -> HealthReport
}

extension HealthReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case status, reasons, instance, environment, security, redis, recorder, flags, triggers, rollback, baselines
        case waiting, memory, refusalCache, clock, watch, drill, alerts
    }

    private enum SecurityKeys: String, CodingKey {
        case middlewareStatus
    }

    private enum MiddlewareStatusKeys: String, CodingKey {
        case migrationStrategy, distributedEnabled
        case isCompliant = "p0_13b_compliance"
    }

    func encode(to encoder: any Encoder) throws {
        let verdict = HealthVerdict(self)
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(verdict.status, forKey: .status)
        try fields.encode(verdict.reasons, forKey: .reasons)
        try fields.encode(instance, forKey: .instance)
        try fields.encode(environment, forKey: .environment)
        // What the migration's tools read.
        var security = fields.nestedContainer(keyedBy: SecurityKeys.self, forKey: .security)
        var status = security.nestedContainer(keyedBy: MiddlewareStatusKeys.self, forKey: .middlewareStatus)
        try status.encode(strategy.rawValue, forKey: .migrationStrategy)
        try status.encode(flags.values.distributedEnabled, forKey: .distributedEnabled)
        try status.encode(verdict.isCompliant, forKey: .isCompliant)
        try fields.encode(redis, forKey: .redis)
        try fields.encode(recorder, forKey: .recorder)
        try fields.encode(flags, forKey: .flags)
        try fields.encode(triggers, forKey: .triggers)
        try fields.encode(latch, forKey: .rollback)
        try fields.encode(baselines, forKey: .baselines)
        try fields.encode(waiting, forKey: .waiting)
        try fields.encode(memory, forKey: .memory)
        try fields.encodeIfPresent(refusals, forKey: .refusalCache)
        try fields.encodeIfPresent(clock, forKey: .clock)
        try fields.encodeIfPresent(watch, forKey: .watch)
        try fields.encodeIfPresent(drill, forKey: .drill)
        try fields.encodeIfPresent(alerts, forKey: .alerts)
    }
}

/// The body of `/api/system/rate-limit/health`: only the limiter.
struct LimiterHealthReport: Encodable {
    let status: HealthVerdict.Status
    let migrationStrategy: String
    let failsClosed: Bool
    let redis: HealthReport.Redis
    let memory: MemoryOccupancy

    /// Neither the recorder nor the triggers count.
    init(_ report: HealthReport) {
        var limiter = report
        limiter.recorder.problem = nil
        limiter.triggers = []
        limiter.baselines = []
        status = HealthVerdict(limiter).status
        migrationStrategy = report.strategy.rawValue
        failsClosed = report.failsClosed
        redis = report.redis
        memory = report.memory
    }
}

extension HealthReport {
    /// The flag file and what it says; also the answer of `GET /v1/flags`.
    struct FlagFile: Equatable, Sendable {
        /// The values in force: the last good ones.
        var values: FlagValues
        /// Whether a valid reading was ever had.
        var isLoaded: Bool
        /// What is wrong with the file as it is now; `nil` if nothing is.
        var problem: String?
        /// Whether a rollback that is not in the file holds this instance, and no other, at `legacy`.
        var isHeldAtLegacy = false
        /// Why the file cannot be written, so that a rollback would not reach it; `nil` if it can.
        var writeProblem: String?
        /// Readings that were not valid flags since the start.
        var invalidReads = 0
        /// The SHA-256 of the content that is applied; `nil` if none was ever read.
        var contentHash: String?
    }

    struct Recorder: Equatable, Sendable {
        /// Comparisons waiting to be written, and how many may.
        var pending = 0
        var capacity: Int
        /// Comparisons written since the start.
        var written = 0
        /// Comparisons that could not be recorded since the start, by reason.
        var dropped: [String: Int] = [:]
        /// Bytes that the records take; `nil` if it is not known, or there is no bound.
        var usedBytes: Int?
        /// The most that they may take; `nil` for no bound.
        var maximumBytes: Int?
        /// From when on records are kept, if the bound of bytes has made older ones go.
        var keptSince: Timestamp?
        /// What keeps it from writing now; `nil` if nothing does.
        var problem: String?
    }

    struct TriggerReading: Equatable, Sendable {
        var trigger: Trigger
        var state: TriggerState
        /// Whether it fired and was not acknowledged yet.
        var isLatched = false
        var isDryRun = false
        /// Whether it could fire were something wrong. If not, the sentence says what is missing.
        var isArmed = true
        /// Whether it would fire, if other evidence did not show that a rollback would not help.
        var isHeldBack = false
        /// The last verdict as a sentence.
        var sentence: String?
    }

    /// What one source's response times are compared with.
    struct Baseline: Equatable, Sendable {
        var source: ResponseTimeSource
        var state: ParallaxCore.Baseline.State
        /// Whether it can be how long callers wait without Redis.
        var isPlausible = true
    }

    /// Callers who wait for the candidate at this moment.
    struct Waiting: Equatable, Encodable, Sendable {
        var callers = 0
        /// Those of which it is not known since when.
        var untracked = 0
    }
}

extension HealthReport.FlagFile: Encodable {
    private enum CodingKeys: String, CodingKey {
        case state, distributedRateLimitingEnabled, hybridRateLimiting, failOpenOnRedisError
        case distributedEnforcementPercent, invalidReads, contentHash, problem, heldAtLegacy, writeProblem
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(!isLoaded ? "missing" : problem == nil ? "valid" : "last_good", forKey: .state)
        try fields.encode(values.distributedEnabled, forKey: .distributedRateLimitingEnabled)
        try fields.encode(values.hybrid, forKey: .hybridRateLimiting)
        try fields.encode(values.failOpen, forKey: .failOpenOnRedisError)
        try fields.encode(values.enforcementPercent, forKey: .distributedEnforcementPercent)
        try fields.encode(invalidReads, forKey: .invalidReads)
        try fields.encodeIfPresent(contentHash, forKey: .contentHash)
        try fields.encodeIfPresent(problem, forKey: .problem)
        try fields.encode(isHeldAtLegacy, forKey: .heldAtLegacy)
        try fields.encodeIfPresent(writeProblem, forKey: .writeProblem)
    }
}

extension HealthReport.Recorder: Encodable {
    private enum CodingKeys: String, CodingKey {
        case state, pending, capacity, written, dropped, usedBytes, maxBytes, keptSince, problem
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(problem == nil ? "writing" : "failing", forKey: .state)
        try fields.encode(pending, forKey: .pending)
        try fields.encode(capacity, forKey: .capacity)
        try fields.encode(written, forKey: .written)
        try fields.encode(dropped, forKey: .dropped)
        try fields.encodeIfPresent(usedBytes, forKey: .usedBytes)
        try fields.encodeIfPresent(maximumBytes, forKey: .maxBytes)
        try fields.encodeIfPresent(keptSince?.iso8601Seconds, forKey: .keptSince)
        try fields.encodeIfPresent(problem, forKey: .problem)
    }
}

extension HealthReport.TriggerReading: Encodable {
    private enum CodingKeys: String, CodingKey {
        case trigger, state, latched, dryRun, armed, missing, sentence
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(trigger, forKey: .trigger)
        try fields.encode(state.rawValue, forKey: .state)
        try fields.encode(isLatched, forKey: .latched)
        try fields.encode(isDryRun, forKey: .dryRun)
        try fields.encode(isArmed, forKey: .armed)
        if !isArmed { try fields.encode(sentence ?? "it has not been evaluated yet", forKey: .missing) }
        try fields.encodeIfPresent(sentence, forKey: .sentence)
    }
}

extension HealthReport.Baseline: Encodable {
    private enum CodingKeys: String, CodingKey {
        case source, state, samples, plausible, frozenAt
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(source, forKey: .source)
        try fields.encode(state.stage.rawValue, forKey: .state)
        try fields.encode(state.samples, forKey: .samples)
        // Left out unless something else was slow while it was learned.
        if !isPlausible { try fields.encode(false, forKey: .plausible) }
        switch state {
        case .learning: break
        case .frozen(let frozen), .stale(let frozen):
            try fields.encode(frozen.frozenAt.iso8601Seconds, forKey: .frozenAt)
        }
    }
}
