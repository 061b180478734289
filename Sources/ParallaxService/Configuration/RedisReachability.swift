package import RedisLimiting

/// What trying to decide in the Redis of the settings has shown.
package struct RedisCheck: Equatable, Sendable {
    /// What is wrong although Redis decides.
    package struct Warning: Equatable, Sendable {
        package let problem: String
        package let remedy: String

        package init(problem: String, remedy: String) {
            self.problem = problem
            self.remedy = remedy
        }
    }

    /// Why Redis could not decide, without the URL, which may hold a password; `nil` if it could.
    package var problem: String?
    /// Whether Redis answered, and refused.
    package var isRefusal: Bool
    package var warnings: [Warning]

    package init(problem: String? = nil, isRefusal: Bool = false, warnings: [Warning] = []) {
        self.problem = problem
        self.isRefusal = isRefusal
        self.warnings = warnings
    }

    package init(_ error: RedisError) {
        let isRefusal =
            switch error.code {
            case .unauthorized, .clusterDown, .readOnly, .loading, .server, .noScript: true
            case .timedOut, .disconnected, .circuitOpen, .skipped, .cancelled, .protocolViolation, .configuration: false
            }
        self.init(problem: "\(error)", isRefusal: isRefusal)
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
        if let problem = check.problem {
            found.append(.undecidingRedis(origin: origin, problem: problem, isRefusal: check.isRefusal))
        }
        return LoadedSettings(settings: settings, findings: findings + found, origins: origins)
    }
}

extension Finding {
    /// A Redis that does not decide, told apart from a wrong setting: the service starts all the same.
    fileprivate static func undecidingRedis(origin: String, problem: String, isRefusal: Bool) -> Finding {
        Finding(
            .error, .unreachable, setting: Setting.redisURL.name, origin: origin,
            problem: isRefusal ? "Redis answers and does not decide: \(problem)" : "Redis does not answer: \(problem)",
            remedy: isRefusal
                ? "correct the address, user or password, or set right what Redis says"
                : "start it, or correct the address")
    }
}
