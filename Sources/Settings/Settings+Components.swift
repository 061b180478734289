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
            socketTimeout: redis.socketTimeout,
            maximumConnections: redis.maximumConnections, decisionTimeout: redis.decisionTimeout,
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
            holdoutPercent: rollback.baselineHoldoutPercent, tolerances: comparison.tolerances)
    }

    package var recordingSettings: RecordingSettings {
        var settings = RecordingSettings()
        settings.flushInterval = recorder.flushInterval
        settings.maximumBufferedRows = recorder.bufferCapacity
        settings.retention = .seconds(recorder.retentionDays * 86_400)
        settings.maximumBytes = recorder.maximumBytes
        return settings
    }

    /// What is stored instead of identifiers; `nil` if they are stored as they are.
    ///
    /// - Throws: ``PseudonymKeyError``.
    package func pseudonyms() throws -> Pseudonyms? {
        guard recorder.identityPrivacy == .hashed else { return nil }
        return Pseudonyms(key: try PseudonymKey(file: recorder.identityPrivacyKeyFile ?? ""))
    }

    /// What an identity's identifier may be stored as: itself, and its pseudonym if the settings ask for those.
    /// Records from before they did hold it as it is.
    ///
    /// - Throws: ``PseudonymKeyError``.
    package func storedIdentifiers(of identity: Identity) throws -> [String] {
        [identity.identifier] + (try pseudonyms().map { [$0.rename(identity).identifier] } ?? [])
    }

    /// - Throws: ``FlagDefinitionError`` if the percentage is not a percentage.
    package func environmentFlags() throws(FlagDefinitionError) -> EnvironmentFlags {
        try EnvironmentFlags(
            distributedEnabled: flags.pins.distributedEnabled, hybrid: flags.pins.hybrid, failOpen: flags.pins.failOpen,
            enforcementPercent: flags.pins.enforcementPercent, fallback: flags.initial)
    }

    /// Where alerts are sent.
    ///
    /// - Throws: ``SecretFileError`` or ``AlertReceiverError``: each says what to do, and no secret.
    package func alertReceivers() throws -> [AlertReceiver] {
        let token = try alerts.tokenFile.map { try AlertToken(file: $0) }
        return try alerts.urls.map { try AlertReceiver($0, token: token) }
    }
}

extension Settings.Redis {
    /// The certificate that this client shows; `nil` unless both of its files are named.
    package var clientCertificate: ClientCertificate? {
        guard let certificateFile, let keyFile else { return nil }
        return ClientCertificate(certificateFile: certificateFile, keyFile: keyFile)
    }
}
