import HTTPTypes
import Logging
import ParallaxCore

extension Settings {
    /// Reads every setting; what is missing or wrong has its default, and what is wrong is among the reader's findings.
    ///
    /// - Parameters:
    ///   - hostName: The host's name, for the default of `INSTANCE_ID`.
    ///   - overrides: Limits by organization and window name, as the configuration files give them.
    init(reading reader: inout SettingsReader, hostName: String, overrides: [OrganizationLimits] = []) {
        let environment: DeploymentEnvironment = reader.choice(.environment)
        let http = HTTP(reading: &reader)
        self.http = http
        instance = Instance(
            environment: environment,
            id: reader.optionalText(.instanceID) ?? "\(hostName):\(http.port)",
            logLevel: reader.choice(.logLevel))
        flags = Flags(reading: &reader)
        limits = Limits(reading: &reader, isProduction: environment == .production, overrides: overrides)
        redis = Redis(reading: &reader)
        legacy = Legacy(
            algorithm: reader.choice(.legacyAlgorithm),
            bounds: MemoryBounds(
                identities: reader.integer(.legacyMaxIdentities), bytes: reader.integer(.legacyMaxBytes)))
        comparison = Comparing(
            tolerances: ComparisonTolerances(
                boundaryMilliseconds: Int64(reader.integer(.boundaryTolerance)),
                clockSkewMilliseconds: Int64(reader.integer(.clockSkewTolerance)),
                quotaDriftUnits: reader.integer(.quotaDriftTolerance)),
            hasNoiseFloor: reader.boolean(.noiseFloor))
        recorder = Recorder(
            databasePath: reader.text(.databasePath),
            movesDamagedDatabase: reader.boolean(.moveDamagedDatabase),
            flushInterval: reader.seconds(.recordFlushInterval),
            bufferCapacity: reader.integer(.recordBuffer),
            retentionDays: reader.integer(.recordRetentionDays),
            maximumBytes: reader.bound(.recordMaxBytes),
            identityPrivacy: reader.choice(.identityPrivacy),
            identityPrivacyKeyFile: reader.optionalText(.identityPrivacyKeyFile))
        rollback = RollbackSettings(reading: &reader, http: http)
        gate = GateSettings(reading: &reader)
        alerts = Alerts(reading: &reader)
    }
}

extension GateSettings {
    fileprivate init(reading reader: inout SettingsReader) {
        self.init()
        minimumMinutes = Int((reader.decimal(.gateMinimumHours) * 60).rounded(.up))
        minimumCompared = reader.integer(.gateMinimumCompared)
        unexplainedPercent = reader.decimal(.gateUnexplained)
        gapPercent = reader.decimal(.gateGaps)
        droppedPercent = reader.decimal(.gateDropped)
        unansweredPercent = reader.decimal(.gateUnanswered)
        minimumInstances = reader.integer(.gateInstances)
        drillDays = reader.integer(.gateDrillDays)
    }
}

extension Settings.HTTP {
    fileprivate init(reading reader: inout SettingsReader) {
        host = reader.text(.httpHost)
        port = reader.integer(.httpPort)
        maximumConnections = reader.bound(.httpMaxConnections)
        let names = reader.list(.httpAllowedHosts, expecting: "a host's name without a port, such as parallax.example")
        {
            AllowedHosts.isName($0) ? $0 : nil
        }
        allowedHosts = AllowedHosts([host] + names)
        trustedProxies = reader.list(
            .trustedProxies, expecting: "an address or a network such as 10.0.0.7 or fd00::/64"
        ) {
            CIDR($0)
        }
        trustedHops = reader.integer(.trustedHops)
        organizationHeader = reader.optionalText(.organizationHeader).flatMap { HTTPField.Name($0) }
        ipv6PrefixLength = reader.integer(.ipv6PrefixLength)
        adminTokenFile = reader.optionalText(.adminTokenFile)
        responseTimesTokenFile = reader.optionalText(.responseTimesTokenFile)
        shutdownDelay = reader.seconds(.shutdownDelay)
    }
}

extension Settings.Flags {
    fileprivate init(reading reader: inout SettingsReader) {
        file = reader.text(.featureFlagFile)
        initial = FlagValues(
            distributedEnabled: reader.boolean(.distributedEnabled), hybrid: reader.boolean(.hybrid),
            failOpen: reader.boolean(.failOpen), enforcementPercent: reader.decimal(.enforcementPercent))
        pins = Pins(
            distributedEnabled: reader.pinned(.distributedEnabled, SettingsReader.boolean),
            hybrid: reader.pinned(.hybrid, SettingsReader.boolean),
            failOpen: reader.pinned(.failOpen, SettingsReader.boolean),
            enforcementPercent: reader.pinned(.enforcementPercent, SettingsReader.number))
        hybridFailsClosed = reader.boolean(.hybridFailClosed)
    }
}

extension Settings.Redis {
    fileprivate init(reading reader: inout SettingsReader) {
        url = SecretText(reader.text(.redisURL))
        passwordFile = reader.optionalText(.redisPasswordFile)
        certificateAuthorityFile = reader.optionalText(.redisCAFile)
        certificateFile = reader.optionalText(.redisCertificateFile)
        keyFile = reader.optionalText(.redisKeyFile)
        keyPrefix = reader.text(.redisKeyPrefix)
        isEmbedded = reader.boolean(.embeddedRedis)
        connectionTimeout = reader.seconds(.redisConnectionTimeout)
        socketTimeout = reader.seconds(.redisSocketTimeout)
        decisionTimeout = reader.seconds(.redisDecisionTimeout)
        maximumConnections = reader.integer(.redisMaxConnections)
        candidateMaximumInFlight = reader.integer(.candidateMaxInFlight)
        maximumInFlightPerIdentity = reader.integer(.redisMaxInFlightPerIdentity)
        refusalCacheIdentities = reader.integer(.refusalCacheMaxIdentities)
    }
}

extension RollbackSettings {
    fileprivate init(reading reader: inout SettingsReader, http: Settings.HTTP) {
        self.init()
        redisDownSeconds = reader.wholeSeconds(.rollbackRedisDownSeconds)
        redisDownWindowSeconds = reader.wholeSeconds(.rollbackRedisDownWindowSeconds)
        errorRatePercent = reader.decimal(.rollbackErrorRatePercent)
        errorWindowSeconds = reader.wholeSeconds(.rollbackErrorWindowSeconds)
        errorShortWindowSeconds = reader.wholeSeconds(.rollbackErrorShortWindowSeconds)
        errorMinimum = reader.integer(.rollbackErrorMinimum)
        outagesAsErrors = reader.boolean(.rollbackOutagesAsErrors)
        responseTimeFactor = reader.decimal(.rollbackResponseTimeFactor)
        responseTimeMinimum = reader.integer(.rollbackResponseTimeMinimum)
        responseTimeFloorMilliseconds = reader.decimal(.rollbackResponseTimeFloorMilliseconds)
        responseTimeUnwaited = reader.boolean(.rollbackResponseTimeUnwaited)
        baselineHoldoutPercent = reader.decimal(.baselineHoldoutPercent)
        evaluationInterval = reader.wholeSeconds(.rollbackEvaluationInterval)
        let triggers = Trigger.allCases.map(\.rawValue).joined(separator: ", ")
        dryRun = Set(reader.list(.rollbackDryRun, expecting: "one of \(triggers)") { Trigger(rawValue: $0) })
        trustsApplicationTimes = http.responseTimesTokenFile != nil
    }
}

extension Settings.Alerts {
    fileprivate init(reading reader: inout SettingsReader) {
        // Whatever it is: a message about a list quotes the item, and this one must not be shown.
        urls = reader.list(.alertURLs, expecting: "an address") { SecretText($0) }
        tokenFile = reader.optionalText(.alertTokenFile)
        rules = AlertSettings()
        rules.resendInterval = reader.wholeSeconds(.alertResendInterval)
        rules.connectionFailures = reader.integer(.alertConnectionFailures)
        rules.redisUnhealthySeconds = reader.wholeSeconds(.alertRedisUnhealthySeconds)
        rules.unavailablePercent = reader.decimal(.alertUnavailablePercent)
        rules.refusalPercent = reader.decimal(.alertRefusalPercent)
        rules.refusalMinimum = reader.integer(.alertRefusalMinimum)
    }
}

extension Settings.Limits {
    init(reading reader: inout SettingsReader, isProduction: Bool, overrides: [OrganizationLimits]) {
        let limits = [
            "second": reader.integer(.perSecond),
            "minute": reader.integer(isProduction ? .productionPerMinute : .perMinute),
            "hour": reader.integer(isProduction ? .productionPerHour : .perHour),
            "burst": reader.integer(isProduction ? .productionBurst : .burst),
        ]
        // The others are read all the same, so that what is wrong with them is found before it matters.
        for setting in isProduction
            ? [Setting.perMinute, .perHour, .burst] : [.productionPerMinute, .productionPerHour, .productionBurst]
        {
            _ = reader.integer(setting)
        }
        let burstWindow = reader.seconds(.burstWindow)
        book = PolicyBook(
            defaultValue: Self.policy(limits, burstWindow: burstWindow),
            overrides: Dictionary(
                overrides.map { override in
                    let merged = limits.merging(override.limits) { _, own in own }
                    return (override.organization, Self.policy(merged, burstWindow: burstWindow))
                }, uniquingKeysWith: { _, last in last }))
    }

    /// The four windows, in the order in which answers list them.
    private static func policy(_ limits: [String: Int], burstWindow: Duration) -> Policy {
        let milliseconds = burstWindow / .milliseconds(1)
        let durations: [(String, Int64)] = [
            ("second", 1_000), ("minute", 60_000), ("hour", 3_600_000), ("burst", Int64(milliseconds.rounded())),
        ]
        let windows = durations.map { Window(name: $0, limit: limits[$0]!, durationMilliseconds: $1) }
        guard let policy = try? Policy(windows: windows) else {
            preconditionFailure("limits within the ranges of the settings make a policy")
        }
        return policy
    }
}

/// The limits that replace the standard ones for one organization.
package struct OrganizationLimits: Equatable, Sendable {
    /// The names of the windows whose limits can be replaced.
    package static let windowNames = ["second", "minute", "hour", "burst"]

    /// The organization's name: any text of 1 to 256 bytes.
    package let organization: String
    /// Limits by window name; the other windows keep the standard limit.
    package let limits: [String: Int]

    package init(organization: String, limits: [String: Int]) {
        self.organization = organization
        self.limits = limits
    }
}
