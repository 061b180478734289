package import RedisLimiting

extension SettingsCheck {
    /// Whether Redis can be reached by what the settings say, as far as that shows without trying.
    func redis() -> [Finding] {
        (settings.redis.isEmbedded ? unusedAddress() : address()) + keyPrefix() + timeouts()
    }

    private func keyPrefix() -> [Finding] {
        guard let problem = RedisKeyspace.problem(withPrefix: settings.redis.keyPrefix) else { return [] }
        return [finding(.error, .outOfRange, .redisKeyPrefix, problem, "write it like staging: or shop.eu:")]
    }

    private func address() -> [Finding] {
        let text = settings.redis.url.revealed
        if let problem = redisURLProblem(text) {
            let remedy =
                "write it as redis://user:password@host:6379/0, rediss://… for TLS, unix:///path/redis.sock, "
                + "redis+sentinel://host:26379,host:26379/master-name/0 or redis+cluster://host:6379,host:6379"
            return [finding(.error, .wrongType, .redisURL, problem, remedy)] + passwordFile(alongside: nil)
        }
        let url = try? RedisURL(text)
        return passwordFile(alongside: url) + certificates(for: url) + clientCertificate(for: url)
    }

    private func passwordFile(alongside url: RedisURL?) -> [Finding] {
        guard let path = settings.redis.passwordFile else { return [] }
        do throws(SecretFileError) {
            _ = try PasswordFile(path: path)
        } catch {
            return [finding(.error, .unusableFile, .redisPasswordFile, error.description, error.remedy)]
        }
        guard url?.hasPassword == true else { return openSecret(.redisPasswordFile, path) }
        return [
            finding(
                .error, .impossibleCombination, .redisPasswordFile, "REDIS_URL holds a password too",
                "remove one of the two")
        ]
    }

    private func certificates(for url: RedisURL?) -> [Finding] {
        guard let path = settings.redis.certificateAuthorityFile else { return [] }
        if let problem = TrustedCertificates.problem(withFile: path) {
            return [
                finding(
                    .error, .unusableFile, .redisCAFile, problem,
                    "name a readable file of certificates that begin with -----BEGIN CERTIFICATE-----")
            ]
        }
        guard url?.usesTLS == false else { return [] }
        return [
            finding(
                .warning, .noEffect, .redisCAFile, "has no effect: REDIS_URL asks for no TLS",
                "write REDIS_URL as rediss://…, or remove this setting")
        ]
    }

    private func clientCertificate(for url: RedisURL?) -> [Finding] {
        let named = [
            (Setting.redisCertificateFile, settings.redis.certificateFile), (.redisKeyFile, settings.redis.keyFile),
        ].filter { $0.1 != nil }
        guard let setting = named.first?.0 else { return [] }
        guard let certificate = settings.redis.clientCertificate else {
            return [
                finding(
                    .error, .impossibleCombination, setting, "is one of two files that only work together",
                    "name both REDIS_CERTIFICATE_FILE and REDIS_KEY_FILE, or neither")
            ]
        }
        if let problem = certificate.problem {
            return [
                finding(
                    .error, .unusableFile, setting, problem,
                    "name readable files that begin with -----BEGIN CERTIFICATE----- and -----BEGIN PRIVATE KEY-----")
            ]
        }
        guard url?.usesTLS == false else {
            return settings.redis.keyFile.map { openSecret(.redisKeyFile, $0) } ?? []
        }
        return [
            finding(
                .warning, .noEffect, setting, "has no effect: REDIS_URL asks for no TLS",
                "write REDIS_URL as rediss://…, or remove both settings")
        ]
    }

    /// Where a private server is started, no address matters.
    private func unusedAddress() -> [Finding] {
        [Setting.redisURL, .redisPasswordFile, .redisCAFile, .redisCertificateFile, .redisKeyFile]
            .filter { reader.origin(of: $0) == "environment" }
            .map {
                finding(
                    .warning, .noEffect, $0, "has no effect while EMBEDDED_REDIS is true", "remove one of the two")
            }
    }

    private func timeouts() -> [Finding] {
        guard settings.redis.decisionTimeout > settings.redis.socketTimeout else { return [] }
        return [
            finding(
                .error, .impossibleCombination, .redisDecisionTimeout,
                "is longer than REDIS_SOCKET_TIMEOUT, so that a decision would outlive its connection",
                "make it shorter than REDIS_SOCKET_TIMEOUT")
        ]
    }
}

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
        if let error = check.error { found.append(.redisCannotDecide(error, origin: origin)) }
        return adding(found)
    }
}

extension Finding {
    /// What `config check` says about a Redis that cannot decide: told apart from a wrong setting, since the service starts.
    ///
    /// - Parameter error: What happened on trying, without the URL, which may hold a password.
    static func redisCannotDecide(_ error: RedisError, origin: String) -> Finding {
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

extension RedisURL {
    /// What is wrong with an address, without quoting any of it; `nil` if it is valid.
    ///
    /// An address without its `@` makes a password look like a port: so not even the part at fault is shown.
    package static func problem(of text: String) -> String? {
        do throws(RedisURLError) {
            _ = try RedisURL(text)
            return nil
        } catch {
            return describe(error)
        }
    }

    private static func describe(_ error: RedisURLError) -> String {
        switch error {
        case .noScheme, .wrongScheme:
            "does not begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
        case .misspeltDeployment(let form): "asks for Sentinel or Cluster in another form than \(form)"
        case .severalHosts: "names several hosts, but begins neither with redis+sentinel:// nor with redis+cluster://"
        case .emptyHost: "has an empty entry in its list of hosts"
        case .badHost: "has a host that is neither a name nor an address"
        case .noMasterName:
            "does not say what the sentinels call the primary: redis+sentinel://host:26379/master-name/0"
        case .databaseInCluster: "names a database other than 0, and a cluster has only that one"
        case .badSentinelParameter(let name): "has a parameter \(name) that is given twice or has an invalid value"
        case .bareIPv6: "has a host that cannot be told from its port; put an IPv6 address in brackets"
        case .badPort: "has a port that is not a number from 1 to 65535"
        case .badDatabase: "has a database that is not a number from 0"
        case .databaseTwice: "names a database in its path and has a query too"
        case .unknownParameter: "has an unknown parameter"
        case .badEncoding(let part): "has a \(part) that is not percent-encoded UTF-8"
        case .relativeSocketPath: "has no absolute path after unix://"
        case .socketPathTooLong: "has a socket path that is longer than the system allows"
        }
    }
}
