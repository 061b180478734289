import Foundation
import ParallaxCore
import RedisLimiting
import Settings

/// A part of the running service that follows changed settings without a restart.
struct ReloadablePart: Sendable {
    enum Change: Sendable {
        /// It stays as it is.
        case none
        /// The new values are usable; calling this puts them in place.
        case replace(@Sendable () -> Void)
        /// The service has to be started again for this change.
        case needsRestart
    }

    /// What a change is called that shows in no setting's value, such as another content of the same file.
    let name: String
    /// The settings it is made from.
    let settings: [Setting]
    /// Compares it with new settings, and makes it from them without putting it in place.
    ///
    /// - Throws: What is wrong with a file that the settings name. It holds no secret.
    let prepare: @Sendable (Settings) throws -> Change
}

/// What follows changed settings without a restart: limits, trusted networks, and the content of files with secrets or
/// certificates.
extension ReloadablePart {
    /// A policy book is replaced as a whole, and every request is judged by one policy on both sides. A longer log than
    /// both sides have kept so far would let them differ for as long as it is.
    static func limits(_ books: [Replaceable<PolicyBook>]) -> ReloadablePart {
        ReloadablePart(name: "organizations", settings: Setting.all.filter { $0.group == .limits }) { settings in
            let book = settings.limits.book
            guard let current = books.first?.current, current != book else { return .none }
            let longest = book.defaultValue.longestDurationMilliseconds
            guard longest == current.defaultValue.longestDurationMilliseconds else { return .needsRestart }
            return .replace { for place in books { place.replace(with: book) } }
        }
    }

    /// Who a request that a gateway asks about is limited as.
    static func identification(_ identification: Replaceable<CallerIdentification>) -> ReloadablePart {
        ReloadablePart(
            name: "TRUSTED_PROXIES",
            settings: [.trustedProxies, .trustedHops, .organizationHeader, .ipv6PrefixLength]
        ) { settings in
            let renewed = settings.http.identification
            return renewed == identification.current ? .none : .replace { identification.replace(with: renewed) }
        }
    }

    /// - Parameter access: `nil` if the service was started without a token, and so without admin routes.
    static func adminToken(_ access: AdminAccess?) -> ReloadablePart {
        token(access?.token, in: .adminTokenFile) { $0.http.adminTokenFile }
    }

    /// - Parameter token: `nil` if the service was started without one, so that anyone can report.
    static func responseTimesToken(_ token: Replaceable<BearerToken>?) -> ReloadablePart {
        self.token(token, in: .responseTimesTokenFile) { $0.http.responseTimesTokenFile }
    }

    private static func token(
        _ token: Replaceable<BearerToken>?, in setting: Setting, _ file: @escaping @Sendable (Settings) -> String?
    ) -> ReloadablePart {
        ReloadablePart(name: "content of \(setting.name)", settings: [setting]) { settings in
            switch (token, file(settings)) {
            case (nil, nil): return .none
            case (let token?, let file?):
                let renewed = try BearerToken(file: file)
                return renewed == token.current ? .none : .replace { token.replace(with: renewed) }
            default: return .needsRestart
            }
        }
    }

    /// - Parameter url: Where Redis is, as its clients have it.
    static func redisPassword(_ url: RedisURL, started: Settings) -> ReloadablePart {
        ReloadablePart(name: "content of REDIS_PASSWORD_FILE", settings: [.redisPasswordFile]) { settings in
            guard !started.redis.isEmbedded else { return .none }
            switch (started.redis.passwordFile, settings.redis.passwordFile) {
            case (nil, nil): return .none
            case (_?, let path?):
                let file = try PasswordFile(path: path)
                return url.isAuthenticated(by: file) ? .none : .replace { url.replacePassword(by: file) }
            default: return .needsRestart
            }
        }
    }

    /// The certificates that are trusted, and this instance's own with its key.
    static func redisCertificates(_ redis: RedisLimiter, started: Settings) -> ReloadablePart {
        let read: @Sendable (Settings) -> [[UInt8]?] = { settings in
            let redis = settings.redis
            return [redis.certificateAuthorityFile, redis.certificateFile, redis.keyFile].map { path in
                path.flatMap { try? RegularFile($0).content }
            }
        }
        let used = Replaceable(read(started))
        return ReloadablePart(
            name: "content of REDIS_CA_FILE, REDIS_CERTIFICATE_FILE or REDIS_KEY_FILE",
            settings: [.redisCAFile, .redisCertificateFile, .redisKeyFile]
        ) { settings in
            let content = read(settings)
            guard content != used.current else { return .none }
            let use = try redis.prepareCertificates(
                trustedIn: settings.redis.certificateAuthorityFile, own: settings.redis.clientCertificate)
            return .replace {
                use()
                used.replace(with: content)
            }
        }
    }

    /// The receivers' token. Their addresses stay as they were at the start.
    static func alertToken(_ receivers: Replaceable<[AlertReceiver]>, started: Settings) -> ReloadablePart {
        ReloadablePart(name: "content of ALERT_TOKEN_FILE", settings: [.alertTokenFile]) { settings in
            var settings = settings
            settings.alerts.urls = started.alerts.urls
            let renewed = try settings.alertReceivers()
            return renewed == receivers.current ? .none : .replace { receivers.replace(with: renewed) }
        }
    }
}
