import RedisLimiting

extension SettingsCheck {
    /// Whether Redis can be reached by what the settings say, as far as that shows without trying.
    func redis() -> [Finding] {
        (settings.redis.isEmbedded ? needlessAddress() : address()) + keyPrefix() + timeouts()
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
            return [finding(.error, .wrongType, .redisURL, problem, remedy)] + passwordFile(beside: nil)
        }
        let url = try? RedisURL(text)
        return passwordFile(beside: url) + certificates(for: url) + clientCertificate(for: url)
    }

    private func passwordFile(beside url: RedisURL?) -> [Finding] {
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
    private func needlessAddress() -> [Finding] {
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
