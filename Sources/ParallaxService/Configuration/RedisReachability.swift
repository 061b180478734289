package import RedisLimiting

extension Finding {
    /// What `config check` says about a Redis that cannot decide: told apart from a wrong setting.
    ///
    /// - Parameter error: What happened on trying, without the URL, which may hold a password.
    static func unusableRedis(_ error: RedisError, origin: String) -> Finding {
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

extension LoadedSettings {
    /// These settings with what trying to decide in Redis brought.
    ///
    /// - Parameter probe: Tries to decide; gives what happened, or `nil` if Redis could.
    package func checkingRedis(_ probe: @Sendable (Settings) async -> RedisError?) async -> LoadedSettings {
        // A wrong or needless address says nothing about the server.
        let address = [Setting.redisURL, .redisPasswordFile, .redisCAFile].map(\.name)
        let isWrong = findings.contains { address.contains($0.setting) && $0.severity == .error }
        guard !settings.redis.isEmbedded, !isWrong, let error = await probe(settings) else { return self }
        return adding([.unusableRedis(error, origin: origins[Setting.redisURL.name] ?? "default")])
    }
}
