package import FeatureFlags
package import DivergenceStore
package import ParallaxCore
package import RedisLimiting

// Within `Settings`, `Recorder` is the group of settings.
package typealias RecordingSettings = Recorder.Settings

/// What each part is made from.
extension Settings {
    package func redisSettings(at url: RedisURL) -> RedisSettings {
        RedisSettings(
            url: url, keyPrefix: redis.keyPrefix, connectionTimeout: redis.connectionTimeout,
            commandTimeout: redis.socketTimeout,
            maximumConnections: redis.maximumConnections, decisionDeadline: redis.decisionTimeout,
            maximumInFlightPerIdentity: redis.maximumInFlightPerIdentity,
            trustedCertificatesFile: redis.certificateAuthorityFile, clientCertificate: redis.clientCertificate,
            refusalCacheIdentities: redis.refusalCacheIdentities)
    }

    /// Where Redis is, with the password from wherever it is kept.
    ///
    /// - Throws: ``RedisURLError``, ``SecretFileError`` or ``RedisError``: each says what to do, and no secret.
    package func redisURL() throws -> RedisURL {
        let url = try RedisURL(redis.url.revealed)
        guard let file = redis.passwordFile else { return url }
        return try url.authenticated(by: PasswordFile(path: file))
    }

    package var hybridSettings: HybridLimiter.Settings {
        HybridLimiter.Settings(
            failsClosed: flags.hybridFailsClosed, maximumInFlight: redis.candidateMaximumInFlight,
            holdoutPercent: rollback.baselineHoldoutPercent, tolerances: tolerances)
    }

    package var tolerances: ComparisonTolerances {
        ComparisonTolerances(
            boundaryMilliseconds: comparison.boundaryToleranceMilliseconds,
            clockSkewMilliseconds: comparison.clockSkewToleranceMilliseconds,
            quotaDriftUnits: comparison.quotaDriftTolerance)
    }

    /// How much the old limiter remembers.
    package var memoryBounds: MemoryBounds {
        MemoryBounds(identities: legacy.maximumIdentities, bytes: legacy.maximumBytes)
    }

    package var recordingSettings: RecordingSettings {
        var settings = RecordingSettings()
        settings.flushInterval = recorder.flushInterval
        settings.maximumBufferedRows = recorder.bufferCapacity
        settings.retention = .seconds(recorder.retentionDays * 86_400)
        settings.maximumBytes = recorder.maximumBytes
        return settings
    }

    /// What is stored in the place of identifiers; `nil` where they are stored as they are.
    ///
    /// - Throws: ``PseudonymKeyError``.
    package func pseudonyms() throws -> Pseudonyms? {
        guard recorder.identityPrivacy == .hashed else { return nil }
        return Pseudonyms(key: try PseudonymKey(file: recorder.identityPrivacyKeyFile ?? ""))
    }

    /// What an identity's identifier may be stored as: itself, and its pseudonym where the settings ask for those. Records
    /// from before they did hold it as it is.
    ///
    /// - Throws: ``PseudonymKeyError``.
    package func storedIdentifiers(of identity: Identity) throws -> [String] {
        [identity.identifier] + (try pseudonyms().map { [$0.rename(identity).identifier] } ?? [])
    }

    /// - Throws: ``FlagDefinitionError`` where the percentage is no percentage.
    package func environmentFlags() throws(FlagDefinitionError) -> EnvironmentFlags {
        try EnvironmentFlags(
            distributedEnabled: flags.pins.distributedEnabled, hybrid: flags.pins.hybrid, failOpen: flags.pins.failOpen,
            enforcementPercent: flags.pins.enforcementPercent, fallback: flags.initial)
    }

    /// The thresholds and windows of the automatic rollback.
    package var rollbackSettings: RollbackSettings {
        var settings = RollbackSettings()
        settings.redisDownSeconds = Self.wholeSeconds(rollback.redisDownAfter)
        settings.redisDownWindowSeconds = Self.wholeSeconds(rollback.redisDownWindow)
        settings.errorRatePercent = rollback.errorRatePercent
        settings.longWindowSeconds = Self.wholeSeconds(rollback.errorWindow)
        settings.shortWindowSeconds = Self.wholeSeconds(rollback.errorShortWindow)
        settings.minimumAttempts = rollback.errorMinimumAttempts
        settings.countsOutagesAsErrors = rollback.countsOutagesAsErrors
        settings.responseTimeFactor = rollback.responseTimeFactor
        settings.minimumSamples = rollback.responseTimeMinimumSamples
        settings.responseTimeFloorMilliseconds = rollback.responseTimeFloorMilliseconds
        settings.firesUnwaited = rollback.responseTimeFiresUnwaited
        settings.baselineHoldoutPercent = rollback.baselineHoldoutPercent
        settings.evaluationSeconds = Self.wholeSeconds(rollback.evaluationInterval)
        settings.dryRun = rollback.dryRun
        settings.trustsApplicationTimes = http.responseTimesTokenFile != nil
        return settings
    }

    package var alertSettings: AlertSettings {
        var settings = AlertSettings()
        settings.connectionFailures = alerts.connectionFailures
        settings.redisUnhealthySeconds = Self.wholeSeconds(alerts.redisUnhealthyAfter)
        settings.unavailablePercent = alerts.unavailablePercent
        settings.refusalPercent = alerts.refusalPercent
        settings.minimumAnswers = alerts.refusalMinimum
        settings.resendSeconds = Self.wholeSeconds(alerts.resendInterval)
        return settings
    }

    /// Whom to tell of alerts.
    ///
    /// - Throws: ``SecretFileError`` or ``AlertReceiverError``: each says what to do, and no secret.
    package func alertReceivers() throws -> [AlertReceiver] {
        let token = try alerts.tokenFile.map { try AlertToken(file: $0) }
        return try alerts.urls.map { try AlertReceiver($0, token: token) }
    }

    private static func wholeSeconds(_ duration: Duration) -> Int {
        max(1, Int((duration / .seconds(1)).rounded(.up)))
    }
}

extension Settings.Redis {
    /// The certificate that this client shows; `nil` unless both of its files are named.
    package var clientCertificate: ClientCertificate? {
        guard let certificateFile, let keyFile else { return nil }
        return ClientCertificate(certificateFile: certificateFile, keyFile: keyFile)
    }
}
