extension Finding {
    /// What `config check` says about a Redis that does not answer: told apart from a wrong setting.
    ///
    /// - Parameter problem: What happened on trying, without the URL, which may hold a password.
    package static func unreachableRedis(origin: String, problem: String) -> Finding {
        Finding(
            .error, .unreachable, setting: Setting.redisURL.name, origin: origin,
            problem: "Redis does not answer: \(problem)", remedy: "start it, or correct the address")
    }
}

extension LoadedSettings {
    /// These settings with what trying to reach Redis brought.
    ///
    /// - Parameter probe: Tries to reach Redis; gives what happened, or `nil` where it answered.
    package func checkingRedis(_ probe: @Sendable (Settings) async -> String?) async -> LoadedSettings {
        // A wrong or needless address says nothing about the server.
        let address = [Setting.redisURL, .redisPasswordFile, .redisCAFile].map(\.name)
        let isWrong = findings.contains { address.contains($0.setting) && $0.severity == .error }
        guard !settings.redis.isEmbedded, !isWrong, let problem = await probe(settings) else { return self }
        let origin = origins[Setting.redisURL.name] ?? "default"
        return LoadedSettings(
            settings: settings, findings: findings + [.unreachableRedis(origin: origin, problem: problem)],
            origins: origins, texts: texts)
    }
}
