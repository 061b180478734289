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
    var watch: Watch?
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
