package import RedisLimiting

/// What trying to decide in the Redis of the settings has shown.
package struct RedisCheck: Equatable, Sendable {
    /// Why Redis could not decide, without the URL, which may hold a password; `nil` if it could.
    package var error: RedisError?
    /// What is wrong although Redis decides.
    package var warnings: [ServerConcern]

    package init(error: RedisError? = nil, warnings: [ServerConcern] = []) {
        self.error = error
        self.warnings = warnings
    }
}

extension LoadedSettings {
    /// These settings with what trying to decide in Redis has shown.
    ///
    /// - Parameter probe: Tries it.
    package func checkingRedis(_ probe: @Sendable (Settings) async -> RedisCheck) async -> LoadedSettings {
        // A wrong or needless address says nothing about the server.
        let address = [
            Setting.redisURL, .redisPasswordFile, .redisCAFile, .redisCertificateFile, .redisKeyFile, .redisKeyPrefix,
        ].map(\.name)
        let isWrong = findings.contains { address.contains($0.setting) && $0.severity == .error }
        guard !settings.redis.isEmbedded, !isWrong else { return self }
        let check = await probe(settings)
        let origin = origins[Setting.redisURL.name] ?? "default"
        var found = check.warnings.map {
            Finding(
                .warning, .risk, setting: Setting.redisURL.name, origin: origin, problem: $0.problem, remedy: $0.remedy)
        }
        if let error = check.error { found.append(.undecidingRedis(error, origin: origin)) }
        return adding(found)
    }
}

extension Finding {
    /// What `config check` says about a Redis that cannot decide: told apart from a wrong setting, since the service starts.
    ///
    /// - Parameter error: What happened on trying, without the URL, which may hold a password.
    static func undecidingRedis(_ error: RedisError, origin: String) -> Finding {
        let (problem, remedy) =
            switch error.code {
            case .unauthorized:
                (
                    "Redis refuses this user",
                    "correct user and password in REDIS_URL or REDIS_PASSWORD_FILE, or give the user its rights"
                )
            case .timedOut, .disconnected, .circuitOpen, .skipped, .cancelled, .protocolViolation:
                ("Redis does not answer", "start it, or correct the address")
            case .loading, .readOnly, .clusterDown, .noScript, .server, .configuration:
                ("Redis answers and cannot decide", "docs/operations.md says what ends it")
            }
        return Finding(
            .error, .unreachable, setting: Setting.redisURL.name, origin: origin, problem: "\(problem): \(error)",
            remedy: remedy)
    }
}
