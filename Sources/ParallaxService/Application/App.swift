import DivergenceStore
import FeatureFlags
import Hummingbird
package import Logging
import NIOPosix
package import ParallaxCore
import RedisLimiting
package import ServiceLifecycle
package import Settings
import UnixSignals

/// The service, wired and ready to run: every part in the order in which it starts.
///
/// Components shut down in the reverse order: readiness first, after a delay the checkHandler, the recorder once nothing is left to record, Redis last.
package struct App: Sendable {
    /// What a caller of the command may want to know once the checkHandler is open.
    package struct StartupInfo: Sendable {
        /// Where the checkHandler listens, such as `http://127.0.0.1:8080`.
        package let url: String
        package let strategy: Strategy
        /// Where Redis is, without its password.
        package let redis: String
        package let instance: String
    }

    let services: [any Service]
    /// How long requests are still answered after the service was asked to end.
    let shutdownDelay: Duration
    let keeper: StoreKeeper
    let logger: Logger

    /// How long all parts have to end after the delay, together. What takes longer is cancelled.
    private static let timeout: Duration = .seconds(12)
    /// How much of that everything that is written to the database waits for locks, together.
    static let lockTimeout: Duration = .seconds(7)
    /// How long requests under way have to be answered, and clients to take their answers and close.
    static let requestTimeout: Duration = .seconds(4)
    /// How long a disk that does not answer is waited for when the database is closed, after all that.
    private static let closeTimeout: Duration = .seconds(1)

    /// Runs until SIGTERM or SIGINT, or until a part fails; what was recorded is written before it returns.
    package func run() async throws {
        // Whichever part ends first and however, the others end in order: what was recorded must be written.
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        var group = ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = shutdownDelay + Self.timeout
        // Also parts that were cancelled write until they have ended: only then the database is closed.
        defer { keeper.end(within: Self.closeTimeout) }
        try await ServiceGroup(configuration: group).run()
    }
}

extension App {
    /// Wires the service from its settings.
    ///
    /// - Parameters:
    ///   - loaded: The settings, without errors.
    ///   - reload: Reads the settings again, from the same places.
    ///   - additionalServices: Services of the caller's that run next to it; when one ends, all shut down.
    ///   - onStartup: Called once the checkHandler is open.
    /// - Throws: What keeps a part from being made, such as ``EmbeddedRedisError``: each names the setting or file at fault
    ///   and what to do. A database that cannot be opened is no such thing: the limiter works without it.
    package static func build(
        loaded: LoadedSettings, logger: Logger, additionalServices: [any Service] = [],
        reload: @escaping @Sendable () async -> LoadedSettings,
        onStartup: @escaping @Sendable (StartupInfo) -> Void = { _ in }
    ) async throws -> App {
        let settings = loaded.settings
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        precondition(
            !(settings.redis.isEmbedded && settings.instance.isProduction), "production has no Redis of its own")
        let store = DivergenceStore(unopenedAt: settings.recorder.databasePath)
        store.open(within: .seconds(1))
        let embedded = settings.redis.isEmbedded ? try await EmbeddedRedis.start(logger: logger) : nil
        let redisURL = try embedded?.url ?? settings.redisURL()
        let bounds = makeBounds(settings)
        let parts = try await Components(
            settings: settings, redisURL: redisURL, store: store, connections: bounds.connections, logger: logger)
        let endpoints = try makeEndpoints(parts, bounds, settings: settings)
        let checkHandler = makeServer(endpoints, bounds, settings: settings, logger: logger) { url in
            onStartup(
                StartupInfo(
                    url: url, strategy: parts.flags.current.strategy, redis: redisURL.description,
                    instance: settings.instance.id))
        }
        var services: [any Service] = embedded.map { [$0] } ?? []
        services += [
            parts.redis, parts.survey, parts.keeper, parts.recorder,
            CandidateDrain(
                inFlight: { parts.hybrid.candidatesInFlight },
                timeout: min(settings.redis.decisionTimeout + .seconds(1), .seconds(5))),
            FlagWatcher(store: parts.flags, logger: logger), parts.rollback, parts.clockMonitor,
            ResetListener(resets: parts.redis.resets(), forget: { parts.admin.forget($0) }),
            parts.alerts, parts.watch, parts.drill, checkHandler,
            ReloadService(
                signals: hangups,
                reloader: SettingsReloader(
                    started: loaded, parts: reloadableParts(parts, endpoints, redisURL: redisURL, started: settings)),
                load: reload, logger: logger),
        ]
        return App(
            services: services + additionalServices + [parts.shutdownDelay], shutdownDelay: settings.http.shutdownDelay,
            keeper: parts.keeper, logger: logger)
    }

    private static func reloadableParts(
        _ parts: Components, _ endpoints: Endpoints, redisURL: RedisURL, started: Settings
    ) -> [ReloadablePart] {
        [
            .limits([endpoints.checkHandler.policies] + (endpoints.admin.map { [$0.policies] } ?? [])),
            .identification(endpoints.identification), .adminToken(endpoints.admin),
            .responseTimesToken(parts.applicationTimes.token),
            .redisPassword(redisURL, started: started), .redisCertificates(parts.redis, started: started),
            .alertToken(parts.alerts.receivers, started: started),
        ]
    }

    /// How many connections there is room for, with the limit of open files raised to it.
    private static func makeBounds(_ settings: Settings) -> ConnectionBounds {
        let files = OpenFiles(settings.redis)
        let maximum = files.maximumConnections(settings.http.maximumConnections)
        OpenFiles.raise(to: maximum + files.reserve)
        return ConnectionBounds(maximum: maximum, hosts: settings.http.allowedHosts)
    }

    private static func makeEndpoints(
        _ parts: Components, _ bounds: ConnectionBounds, settings: Settings
    ) throws -> Endpoints {
        let access = try settings.http.adminTokenFile.map { file in
            AdminAccess(token: try BearerToken(file: file), actions: parts.admin, policies: settings.limits.book)
        }
        return Endpoints(
            checkHandler: parts.checkHandler, identification: settings.http.identification, health: parts.health,
            metrics: parts.metrics, http: parts.http, connections: bounds.connections, admin: access,
            applicationTimes: parts.applicationTimes)
    }

    private static func makeServer(
        _ endpoints: Endpoints, _ bounds: ConnectionBounds, settings: Settings, logger: Logger,
        listening: @escaping @Sendable (String) -> Void
    ) -> some Service {
        let host = settings.http.host
        return Application(
            router: makeRouter(endpoints), server: .bounded(bounds, metrics: endpoints.http),
            configuration: ApplicationConfiguration(settings.http, maximumConnections: bounds.connections.maximum),
            services: [ConnectionSweeper(connections: bounds.connections)],
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? settings.http.port
                listening("http://\(host.contains(":") ? "[\(host)]" : host):\(port)")
            }, logger: logger)
    }
}

/// The parts that know of each other, made in the order in which they need one another.
private struct Components: Sendable {
    let flags: FlagStore
    let redis: RedisLimiter
    let survey: ServerSurvey
    let keeper: StoreKeeper
    let recorder: Recorder
    let metrics = DecisionMetrics()
    let http = HTTPMetrics()
    let hybrid: HybridLimiter
    let rollback: RollbackService
    let clockMonitor: ClockMonitor
    let alerts: AlertService
    let watch: SoakService
    let drill: DrillService
    let health: ServiceHealth
    let admin: ServiceAdmin
    let checkHandler: CheckHandler
    let applicationTimes: ApplicationTimes
    let shutdownDelay: ShutdownDelay

    init(
        settings: Settings, redisURL: RedisURL, store: DivergenceStore, connections: ConnectionTable, logger: Logger
    ) async throws {
        let flags = FlagStore(
            path: settings.flags.file, environment: try settings.environmentFlags(),
            isProduction: settings.instance.isProduction, history: store, instance: settings.instance.id,
            lease: .seconds(settings.rollback.evaluationInterval * 3))
        await flags.start()
        let pseudonyms = try settings.pseudonyms()
        let redisSettings = settings.redisSettings(at: redisURL)
        let keys = redisSettings.keyspace
        let redis = try RedisLimiter(
            settings: redisSettings, logger: logger,
            nameInLogs: { keys.text(for: pseudonyms?.rename($0) ?? $0) })
        let recorder = Recorder(
            store: store, instance: settings.instance.id, settings: settings.recordingSettings,
            pseudonyms: pseudonyms, logger: logger)
        let refused = MostRefused()
        let rollbackCounts = RollbackObserver()
        let clockMonitor = ClockMonitor(clocks: .systemWithSleep, logger: logger)
        let control = InMemoryLimiter(algorithm: settings.legacy.algorithm, bounds: settings.legacy.bounds)
        let hybrid = HybridLimiter(
            control: control,
            secondControl: settings.comparison.hasNoiseFloor
                ? InMemoryLimiter(algorithm: settings.legacy.algorithm, bounds: settings.legacy.bounds) : nil,
            candidate: redis, refusals: redis.refusals,
            ledger: InstanceLedger(bounds: settings.legacy.bounds),
            settings: settings.hybridSettings, clocks: .system, flags: { flags.current },
            observer: ObserverGroup([recorder, rollbackCounts, metrics, refused, clockMonitor]),
            executor: redis.executor)
        let probes = ProbeLog(goodRunProbes: settings.rollback.goodRunProbes, logger: logger)
        let rollback = try RollbackService(
            settings: settings.rollback, observer: rollbackCounts, flags: { flags.current },
            probe: {
                let outcome = await redis.probe()
                let health = redis.health
                return probes.record(outcome, decisions: .init(made: health.decided, failed: health.undecided))
            },
            flipToLegacy: { by, reason, claim in
                try await flags.flipToLegacy(by: by, reason: reason, claim: claim)
            }, sharing: RollbackSharing(flags), waiting: { hybrid.waitingCallers.samples },
            record: SQLiteRollbackStore(store: store), logger: logger)
        await rollback.start()
        let (metrics, http) = (self.metrics, self.http)
        let record = SQLiteRollbackStore(store: store)
        let drill = DrillService(
            flags: flags, rollback: { rollback.health }, save: { try await record.save($0) },
            instance: settings.instance.id, logger: logger)
        let inputs = AlertInputs(
            settings: settings, metrics: metrics, flags: flags, redis: redis, probes: probes, recorder: recorder,
            rollback: rollback, drill: drill)
        let alerts = AlertService(
            settings: settings.alerts.rules, receivers: try settings.alertReceivers(), instance: settings.instance.id,
            logger: logger,
            inputs: { inputs.current }, counts: { metrics.totals })
        let watch = SoakService(
            store: StoredSoakPeriod(store: store), instance: settings.instance.id, bounds: settings.gate, logger: logger
        ) {
            let health = flags.health
            return SoakService.Inputs(
                strategy: health.file.strategy, effectiveStrategy: health.effective.strategy,
                contentHash: health.contentHash, counts: metrics.totals, began: alerts.health.began,
                evaluations: rollback.health.evaluations)
        }
        checkHandler = CheckHandler(
            judge: hybrid, policies: settings.limits.book, isProduction: settings.instance.isProduction,
            failsOpen: { flags.current.failOpen },
            recordResponseTime: { answer, duration in
                rollbackCounts.recordResponseTime(
                    duration, strategy: answer.strategy, isHeldOut: answer.isHeldOut,
                    candidateWait: answer.candidateWait)
                metrics.responded(answer, after: duration)
            }, recordFailOpen: { http.failedOpen() })
        let shutdownDelay = ShutdownDelay(settings.http.shutdownDelay) {
            store.waitForLocks(until: .now + App.lockTimeout)
            Task {
                try? await Task.sleep(for: App.requestTimeout)
                connections.closeAll()
            }
        }
        self.shutdownDelay = shutdownDelay
        applicationTimes = ApplicationTimes(
            observer: rollbackCounts, metrics: metrics, holdoutPercent: settings.rollback.baselineHoldoutPercent,
            token: try settings.http.responseTimesTokenFile.map { try BearerToken(file: $0) },
            windowSeconds: settings.rollback.errorWindowSeconds,
            minimumSamples: settings.rollback.responseTimeMinimum, strategy: { flags.current.strategy })
        survey = ServerSurvey(redis: redis)
        health = ServiceHealth(
            settings: settings, flags: flags, hybrid: hybrid, redis: redis, survey: survey, probes: probes,
            recorder: recorder, rollback: rollback, control: control, clockMonitor: clockMonitor, alerts: alerts,
            watch: watch, drill: drill, shutdownDelay: shutdownDelay)
        admin = ServiceAdmin(
            control: control, redis: redis, hybrid: hybrid, refused: refused, rollback: rollback, drill: drill,
            health: health)
        self.flags = flags
        self.redis = redis
        keeper = StoreKeeper(
            store: store, recorder: recorder, movesDamaged: settings.recorder.movesDamagedDatabase, logger: logger,
            willReplace: { rollback.rewriteRecord() })
        self.recorder = recorder
        self.hybrid = hybrid
        self.rollback = rollback
        self.clockMonitor = clockMonitor
        self.drill = drill
        self.alerts = alerts
        self.watch = watch
    }
}
