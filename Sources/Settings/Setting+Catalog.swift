import Logging
import ParallaxCore

/// Every setting there is. The reader, the check for unknown names and the documentation all work from this list.
extension Setting {
    // Instance
    package static let environment = Setting(
        "ENVIRONMENT", .instance, .choice(DeploymentEnvironment.allCases.map(\.rawValue)), defaultValue: "development",
        "Where the instance runs; picks `config/<environment>.yaml`, and in production the `PRODUCTION_` limits and fail-closed."
    )
    static let configDirectory = Setting(
        "CONFIG_DIRECTORY", .instance, .text, defaultValue: "config",
        "The folder of `parallax.yaml` and the file of each environment. Read from the environment only.")
    static let instanceID = Setting(
        "INSTANCE_ID", .instance, .text, defaultValue: "",
        "The name of this instance in records and reports; by default the host's name and the port.")
    static let logLevel = Setting(
        "LOG_LEVEL", .instance, .choice(Logger.Level.allCases.map(\.rawValue)), defaultValue: "info",
        "The least severe level that is logged.")

    // HTTP
    static let httpHost = Setting("HTTP_HOST", .http, .text, defaultValue: "127.0.0.1", "The address to listen on.")
    static let httpPort = Setting(
        "HTTP_PORT", .http, .integer(0...65_535), defaultValue: "8080", "The port to listen on; 0 takes any free one.")
    static let httpMaxConnections = Setting(
        "HTTP_MAX_CONNECTIONS", .http, .integer(0...1_000_000), defaultValue: "0",
        "The most connections at once; 0 for as many as the limit of open files has room for, at most 10000. "
            + "At the bound the longest idle connection is closed for a new one.")
    static let httpAllowedHosts = Setting(
        "HTTP_ALLOWED_HOSTS", .http, .list, defaultValue: "",
        "Public names by which the service is called, in addition to HTTP_HOST. "
            + "Addresses, names without a dot and private names are always understood.")
    static let shutdownDelay = Setting(
        "SHUTDOWN_DELAY", .http, .seconds(0...600), defaultValue: "0",
        "How long requests are still answered after SIGTERM or SIGINT, while `/health/ready` says no.")
    package static let trustedProxies = Setting(
        "TRUSTED_PROXIES", .http, .list, defaultValue: "",
        "The gateways' addresses, or networks (CIDR), whose `X-Forwarded-For` and organization header are believed.")
    package static let trustedHops = Setting(
        "TRUSTED_HOPS", .http, .integer(1...64), defaultValue: String(ClientAddress.defaultMaximumHops),
        "The most entries of `X-Forwarded-For` that trusted proxies append: one for each proxy before the service.")
    package static let organizationHeader = Setting(
        "ORGANIZATION_HEADER", .http, .text, defaultValue: "",
        "The header in which a trusted proxy names the organization, such as `X-Organization-Id`; empty for none. "
            + "The proxy must set it or strip it: clients can send it too.")
    package static let ipv6PrefixLength = Setting(
        "IPV6_PREFIX_LENGTH", .http, .integer(1...128), defaultValue: "64",
        "How many bits of a client's IPv6 address are limited as one; 128 for single addresses.")
    package static let adminTokenFile = Setting(
        "ADMIN_TOKEN_FILE", .http, .text, defaultValue: "",
        "The file with the bearer token of the admin routes; without it they are off.")
    package static let responseTimesTokenFile = Setting(
        "RESPONSE_TIMES_TOKEN_FILE", .http, .text, defaultValue: "",
        "The file with the bearer token of applications that report response times; without it their times are recorded "
            + "and alert, and do not roll back.")

    // Feature flags
    static let distributedEnabled = Setting(
        "DISTRIBUTED_RATE_LIMITING_ENABLED", .flags, .boolean, defaultValue: "true",
        "Whether the distributed limiter is used at all. Set to false in the environment it wins over the flag file.")
    static let hybrid = Setting(
        "HYBRID_RATE_LIMITING", .flags, .boolean, defaultValue: "true", "Whether both limiters judge every request.")
    static let failOpen = Setting(
        "FAIL_OPEN_ON_REDIS_ERROR", .flags, .boolean, defaultValue: "false",
        "Whether requests pass while Redis cannot answer. Refused in production. "
            + "Set to false in the environment it wins over the flag file.")
    static let enforcementPercent = Setting(
        "DISTRIBUTED_ENFORCEMENT_PERCENT", .flags, .decimal(0...100), defaultValue: "0",
        "In hybrid, the share of identities for which the distributed verdict is enforced.")
    static let hybridFailClosed = Setting(
        "HYBRID_FAIL_CLOSED", .flags, .boolean, defaultValue: "false",
        "Whether hybrid answers 503 if the distributed verdict is enforced and missing, "
            + "instead of the legacy verdict standing in.")
    static let featureFlagFile = Setting(
        "FEATURE_FLAG_FILE", .flags, .text, defaultValue: "config/feature-flags.json",
        "The flag file in flagd's format; made from the values above if it does not exist.")

    // Limits
    private static let limit = Kind.integer(1...Policy.maximumLimit)
    static let perSecond = Setting(
        "RATE_LIMIT_PER_SECOND", .limits, limit, defaultValue: "10", "Units in any second (window `second`).")
    static let perMinute = Setting(
        "RATE_LIMIT_PER_MINUTE", .limits, limit, defaultValue: "60", "Units in any minute (window `minute`).")
    static let perHour = Setting(
        "RATE_LIMIT_PER_HOUR", .limits, limit, defaultValue: "1000", "Units in any hour (window `hour`).")
    static let burst = Setting(
        "RATE_LIMIT_BURST", .limits, limit, defaultValue: "20", "Units in any burst window (window `burst`).")
    static let burstWindow = Setting(
        "RATE_LIMIT_BURST_WINDOW", .limits, .seconds(0.001...2_592_000), defaultValue: "10",
        "How long a burst window is.")
    static let productionPerMinute = Setting(
        "PRODUCTION_RATE_LIMIT_PER_MINUTE", .limits, limit, defaultValue: "120",
        "Replaces RATE_LIMIT_PER_MINUTE in production.")
    static let productionPerHour = Setting(
        "PRODUCTION_RATE_LIMIT_PER_HOUR", .limits, limit, defaultValue: "2000",
        "Replaces RATE_LIMIT_PER_HOUR in production.")
    static let productionBurst = Setting(
        "PRODUCTION_BURST_LIMIT", .limits, limit, defaultValue: "30", "Replaces RATE_LIMIT_BURST in production.")

    // Redis
    static let redisURL = Setting(
        "REDIS_URL", .redis, .text, defaultValue: "redis://localhost:6379/0", isSecret: true,
        "Where Redis is, with user, password and database; or its sentinels, or a cluster (below). Printed without user and password."
    )
    package static let redisPasswordFile = Setting(
        "REDIS_PASSWORD_FILE", .redis, .text, defaultValue: "",
        "The file with the password for Redis, instead of one in `REDIS_URL`; a line end after it is left out.")
    package static let redisCAFile = Setting(
        "REDIS_CA_FILE", .redis, .text, defaultValue: "",
        "The file of certificates (PEM) that `rediss://` trusts instead of the system's.")
    package static let redisCertificateFile = Setting(
        "REDIS_CERTIFICATE_FILE", .redis, .text, defaultValue: "",
        "The file of the certificate (PEM) that this client shows to a `rediss://` server that asks for one.")
    package static let redisKeyFile = Setting(
        "REDIS_KEY_FILE", .redis, .text, defaultValue: "",
        "The file of that certificate's private key (PEM, without a passphrase).")
    static let redisKeyPrefix = Setting(
        "REDIS_KEY_PREFIX", .redis, .text, defaultValue: "",
        "What every key and the channel of this deployment begin with, so that several can share one Redis; letters, digits "
            + "and `:._-`. The same at all its instances.")
    static let embeddedRedis = Setting(
        "EMBEDDED_REDIS", .redis, .boolean, defaultValue: "false",
        "Whether to start a private redis-server of our own, for trying things out. Refused in production.")
    static let redisConnectionTimeout = Setting(
        "REDIS_CONNECTION_TIMEOUT", .redis, .seconds(0.001...3600), defaultValue: "5", "How long connecting may take.")
    static let redisSocketTimeout = Setting(
        "REDIS_SOCKET_TIMEOUT", .redis, .seconds(0.001...3600), defaultValue: "10",
        "How long a command may go unanswered before its connection is given up.")
    static let redisDecisionTimeout = Setting(
        "REDIS_DECISION_TIMEOUT", .redis, .seconds(0.001...60), defaultValue: "0.25",
        "How long a decision waits for Redis.")
    static let redisMaxConnections = Setting(
        "REDIS_MAX_CONNECTIONS", .redis, .integer(2...10_000), defaultValue: "20",
        "The most connections to Redis, in a cluster to each master; one of them listens for resets.")
    static let candidateMaxInFlight = Setting(
        "CANDIDATE_MAX_IN_FLIGHT", .redis, .integer(1...1_000_000), defaultValue: "1024",
        "The most candidate decisions under way in hybrid; what exceeds it is skipped and counted.")
    static let redisMaxInFlightPerIdentity = Setting(
        "REDIS_MAX_IN_FLIGHT_PER_IDENTITY", .redis, .integer(1...100_000), defaultValue: "32",
        "The most decisions of one identity on their way to Redis; others of it wait for a turn as long as a decision may, "
            + "or are skipped while control is enforced, so that one caller cannot make all others wait.")
    static let refusalCacheMaxIdentities = Setting(
        "REFUSAL_CACHE_MAX_IDENTITIES", .redis, .integer(0...10_000_000), defaultValue: "0",
        "In distributed_only, the most identities whose refusals are repeated without asking Redis; 0 asks always.")

    // Legacy
    static let legacyAlgorithm = Setting(
        "LEGACY_ALGORITHM", .legacy, .choice(LimiterAlgorithm.allCases.map(\.rawValue)), defaultValue: "sliding_log",
        "How the limiter in memory counts: the one your applications use today.")
    static let legacyMaxIdentities = Setting(
        "LEGACY_MAX_IDENTITIES", .legacy, .integer(1...1_000_000_000), defaultValue: "1000000",
        "The most identities kept in memory; the least recently used goes first.")
    static let legacyMaxBytes = Setting(
        "LEGACY_MAX_BYTES", .legacy, .integer(65_536...1_099_511_627_776), defaultValue: "536870912",
        "The most bytes that the identities in memory may take.")

    // Comparing
    static let boundaryTolerance = Setting(
        "BOUNDARY_TOLERANCE_MS", .comparison, .integer(0...60_000), defaultValue: "10",
        "A divergence that vanishes when judged this many milliseconds earlier or later has the cause `boundary`.")
    static let clockSkewTolerance = Setting(
        "CLOCK_SKEW_TOLERANCE_MS", .comparison, .integer(0...3_600_000), defaultValue: "250",
        "How many milliseconds the clocks of Redis and the instance may differ before that counts as a cause; no less "
            + "than `REDIS_DECISION_TIMEOUT`, since a later answer would pass for a clock that stepped.")
    static let quotaDriftTolerance = Setting(
        "QUOTA_DRIFT_TOLERANCE", .comparison, .integer(0...Policy.maximumLimit), defaultValue: "1",
        "How many units `remaining` may differ by before that counts as `quota_drift`.")

    static let noiseFloor = Setting(
        "NOISE_FLOOR", .comparison, .boolean, defaultValue: "false",
        "Whether a second limiter in memory is asked too when Redis has answered, to show how much two equal ones disagree."
    )

    // Recording
    static let databasePath = Setting(
        "DATABASE_PATH", .recorder, .text, defaultValue: "parallax.sqlite", "The SQLite file of what was recorded.")
    static let moveDamagedDatabase = Setting(
        "MOVE_DAMAGED_DATABASE", .recorder, .boolean, defaultValue: "false",
        "Whether a damaged database is renamed to .damaged-TIME next to it, so that recording goes on in a new one. "
            + "Otherwise an operator has to move it, and nothing is recorded until then.")
    static let recordFlushInterval = Setting(
        "RECORD_FLUSH_INTERVAL", .recorder, .seconds(0.01...3600), defaultValue: "0.5",
        "How long comparisons may wait in the buffer before they are written.")
    static let recordBuffer = Setting(
        "RECORD_BUFFER", .recorder, .integer(1...10_000_000), defaultValue: "32768",
        "The most comparisons waiting to be written; what exceeds it is counted as dropped.")
    static let recordRetentionDays = Setting(
        "RECORD_RETENTION_DAYS", .recorder, .integer(1...36_500), defaultValue: "30", "How many days records are kept.")
    static let recordMaxBytes = Setting(
        "RECORD_MAX_BYTES", .recorder, .integer(0...1_125_899_906_842_624), defaultValue: "10737418240",
        "How much the records may take before the oldest minutes are deleted, whatever their age; 0 for no bound.")
    static let identityPrivacy = Setting(
        "IDENTITY_PRIVACY", .recorder, .choice(IdentityPrivacy.allCases.map(\.rawValue)), defaultValue: "plain",
        "Whether identifiers are recorded as they are, or hashed with a key; organizations always as they are.")
    static let identityPrivacyKeyFile = Setting(
        "IDENTITY_PRIVACY_KEY_FILE", .recorder, .text, defaultValue: "",
        "The file with the key for hashed identifiers, 32 bytes or more, the same for all instances.")

    // Rollback
    static let rollbackRedisDownSeconds = Setting(
        "ROLLBACK_REDIS_DOWN_SECONDS", .rollback, .seconds(1...86_400), defaultValue: "120",
        "Rolls back when Redis had no good run for longer than this.")
    static let rollbackRedisDownWindowSeconds = Setting(
        "ROLLBACK_REDIS_DOWN_WINDOW_SECONDS", .rollback, .seconds(0...3600), defaultValue: "600",
        "Rolls back also when several outages within this time make up more than ROLLBACK_REDIS_DOWN_SECONDS in all. "
            + "With 0 each outage is judged by itself.")
    static let rollbackErrorRatePercent = Setting(
        "ROLLBACK_ERROR_RATE_PERCENT", .rollback, .decimal(0.01...99.99), defaultValue: "5",
        "Rolls back when more than this share of candidate decisions fails.")
    static let rollbackErrorWindowSeconds = Setting(
        "ROLLBACK_ERROR_WINDOW_SECONDS", .rollback, .seconds(1...3600), defaultValue: "300",
        "The long window of the error rate.")
    static let rollbackErrorShortWindowSeconds = Setting(
        "ROLLBACK_ERROR_SHORT_WINDOW_SECONDS", .rollback, .seconds(1...3600), defaultValue: "60",
        "The short window of the error rate.")
    static let rollbackErrorMinimum = Setting(
        "ROLLBACK_ERROR_MINIMUM", .rollback, .integer(1...1_000_000_000), defaultValue: "100",
        "The fewest attempts from which an error rate is judged.")
    static let rollbackOutagesAsErrors = Setting(
        "ROLLBACK_OUTAGES_AS_ERRORS", .rollback, .boolean, defaultValue: "false",
        "Whether failures of a Redis that is away are errors as well. An outage then rolls back within a minute, "
            + "and ROLLBACK_REDIS_DOWN_SECONDS no longer grants it the time that it names.")
    static let rollbackResponseTimeFactor = Setting(
        "ROLLBACK_RESPONSE_TIME_FACTOR", .rollback, .decimal(1.01...999), defaultValue: "2",
        "Rolls back when callers wait longer than this many times the baseline.")
    static let rollbackResponseTimeMinimum = Setting(
        "ROLLBACK_RESPONSE_TIME_MINIMUM", .rollback, .integer(1...1_000_000_000), defaultValue: "300",
        "The fewest samples from which response times are judged.")
    static let rollbackResponseTimeFloorMilliseconds = Setting(
        "ROLLBACK_RESPONSE_TIME_FLOOR_MS", .rollback, .decimal(0...59_999), defaultValue: "5",
        "Response times below this many milliseconds never roll back.")
    static let rollbackResponseTimeUnwaited = Setting(
        "ROLLBACK_RESPONSE_TIME_UNWAITED", .rollback, .boolean, defaultValue: "false",
        "Whether slow callers roll back in hybrid also while none of them waits for Redis, so that going back takes no wait "
            + "away.")
    static let baselineHoldoutPercent = Setting(
        "BASELINE_HOLDOUT_PERCENT", .rollback, .decimal(0...RollbackSettings.maximumHoldoutPercent), defaultValue: "0",
        "In hybrid, the share of identities that only the legacy limiter judges, to compare response times with.")
    static let rollbackEvaluationInterval = Setting(
        "ROLLBACK_EVALUATION_INTERVAL", .rollback, .seconds(1...300), defaultValue: "10",
        "How often the triggers are evaluated.")
    static let rollbackDryRun = Setting(
        "ROLLBACK_DRY_RUN", .rollback, .list, defaultValue: "",
        "Triggers that decide and record without flipping the flags: "
            + Trigger.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + ".")

    // The gate of `parallax report --gate`
    static let gateMinimumHours = Setting(
        "GATE_MINIMUM_HOURS", .gate, .decimal(0...100_000), defaultValue: "24",
        "Hours that must hold records before the gate says go.")
    static let gateMinimumCompared = Setting(
        "GATE_MINIMUM_COMPARED", .gate, .integer(0...1_000_000_000_000), defaultValue: "10000",
        "Requests that must have been compared.")
    static let gateUnexplained = Setting(
        "GATE_UNEXPLAINED_PERCENT", .gate, .decimal(0...100), defaultValue: "0.1",
        "Of the compared requests, the share of unexplained divergences must be below this.")
    static let gateGaps = Setting(
        "GATE_GAPS_PERCENT", .gate, .decimal(0...100), defaultValue: "5",
        "The most time in between, as a share, in which no instance was up to record.")
    static let gateDropped = Setting(
        "GATE_DROPPED_PERCENT", .gate, .decimal(0...100), defaultValue: "1",
        "The most requests, as a share, that could not be recorded.")
    static let gateUnanswered = Setting(
        "GATE_UNANSWERED_PERCENT", .gate, .decimal(0...100), defaultValue: "1",
        "The most requests, as a share, that the candidate may leave unanswered; in the watch of 48 h, the most answers of 503."
    )
    static let gateInstances = Setting(
        "GATE_INSTANCES", .gate, .integer(0...100_000), defaultValue: "0",
        "How many instances must have recorded, at least; 0 asks for those that share the flag file.")
    static let gateDrillDays = Setting(
        "GATE_DRILL_DAYS", .gate, .integer(1...36_500), defaultValue: "30",
        "How many days a drill of the rollback holds.")

    // Alerts
    static let alertURLs = Setting(
        "ALERT_URLS", .alerts, .list, defaultValue: "", isSecret: true,
        "Receivers of alerts in Alertmanager's v2 form, such as `http://alertmanager:9093`; "
            + "an address without a path gets `/api/v2/alerts`.")
    package static let alertTokenFile = Setting(
        "ALERT_TOKEN_FILE", .alerts, .text, defaultValue: "",
        "The file with the bearer token that every receiver expects.")
    static let alertResendInterval = Setting(
        "ALERT_RESEND_INTERVAL", .alerts, .seconds(1...3600), defaultValue: "60",
        "How often an alert that lasts is sent again; a receiver that gets nothing for four times as long considers it resolved."
    )
    static let alertConnectionFailures = Setting(
        "ALERT_REDIS_CONNECTION_FAILURES", .alerts, .integer(0...1_000_000), defaultValue: "5",
        "Alerts when more connections to Redis than this failed or were lost within 60 s.")
    static let alertRedisUnhealthySeconds = Setting(
        "ALERT_REDIS_UNHEALTHY_SECONDS", .alerts, .seconds(1...3600), defaultValue: "10",
        "Alerts when Redis has not been healthy for this long.")
    static let alertUnavailablePercent = Setting(
        "ALERT_UNAVAILABLE_PERCENT", .alerts, .decimal(0...100), defaultValue: "5",
        "Alerts when more than this share of the answers has no verdict, over 300 s and over 60 s.")
    static let alertRefusalPercent = Setting(
        "ALERT_REFUSAL_PERCENT", .alerts, .decimal(0...100), defaultValue: "80",
        "Alerts when more than this share of the verdicts are refusals, over 300 s and over 60 s.")
    static let alertRefusalMinimum = Setting(
        "ALERT_REFUSAL_MINIMUM", .alerts, .integer(1...1_000_000_000), defaultValue: "100",
        "The fewest verdicts in 300 s from which that share is judged.")

    /// All settings, in the order in which they are documented.
    package static let all: [Setting] = [
        environment, configDirectory, instanceID, logLevel,
        httpHost, httpPort, httpMaxConnections, httpAllowedHosts, shutdownDelay, trustedProxies, trustedHops,
        organizationHeader, ipv6PrefixLength, adminTokenFile, responseTimesTokenFile,
        distributedEnabled, hybrid, failOpen, enforcementPercent, hybridFailClosed, featureFlagFile,
        perSecond, perMinute, perHour, burst, burstWindow, productionPerMinute, productionPerHour, productionBurst,
        redisURL, redisPasswordFile, redisCAFile, redisCertificateFile, redisKeyFile, redisKeyPrefix, embeddedRedis,
        redisConnectionTimeout, redisSocketTimeout,
        redisDecisionTimeout, redisMaxConnections,
        candidateMaxInFlight, redisMaxInFlightPerIdentity,
        refusalCacheMaxIdentities,
        legacyAlgorithm, legacyMaxIdentities, legacyMaxBytes,
        boundaryTolerance, clockSkewTolerance, quotaDriftTolerance, noiseFloor,
        databasePath, moveDamagedDatabase, recordFlushInterval, recordBuffer, recordRetentionDays, recordMaxBytes,
        identityPrivacy, identityPrivacyKeyFile,
        rollbackRedisDownSeconds, rollbackRedisDownWindowSeconds, rollbackErrorRatePercent, rollbackErrorWindowSeconds,
        rollbackErrorShortWindowSeconds,
        rollbackErrorMinimum,
        rollbackOutagesAsErrors, rollbackResponseTimeFactor, rollbackResponseTimeMinimum,
        rollbackResponseTimeFloorMilliseconds,
        rollbackResponseTimeUnwaited, baselineHoldoutPercent, rollbackEvaluationInterval, rollbackDryRun,
        gateMinimumHours, gateMinimumCompared, gateUnexplained, gateGaps, gateDropped, gateUnanswered,
        gateInstances, gateDrillDays,
        alertURLs, alertTokenFile, alertResendInterval, alertConnectionFailures, alertRedisUnhealthySeconds,
        alertUnavailablePercent, alertRefusalPercent,
        alertRefusalMinimum,
    ]

    /// The settings by name.
    package static let byName: [String: Setting] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
