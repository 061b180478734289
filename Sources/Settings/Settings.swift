package import HTTPTypes
package import Logging
package import ParallaxCore

/// Everything that can be set, checked and typed. ``Setting`` documents each name, type and default.
package struct Settings: Equatable, Sendable {
    package var instance: Instance
    package var http: HTTP
    package var flags: Flags
    package var limits: Limits
    package var redis: Redis
    package var legacy: Legacy
    package var comparison: Comparing
    package var recorder: Recorder
    package var rollback: RollbackSettings
    package var gate: GateSettings
    package var alerts: Alerts

    package struct Instance: Equatable, Sendable {
        package var environment: DeploymentEnvironment
        package var id: String
        package var logLevel: Logger.Level

        package var isProduction: Bool { environment == .production }
    }

    package struct HTTP: Equatable, Sendable {
        package var host: String
        package var port: Int
        /// The most connections at once; `nil` for as many as there are files for.
        package var maximumConnections: Int?
        /// The names by which the service may be called.
        package var allowedHosts: AllowedHosts
        package var trustedProxies: [CIDR]
        /// The most entries of `X-Forwarded-For` that are believed.
        package var trustedHops: Int
        /// The header that names the organization; `nil` if none does.
        package var organizationHeader: HTTPField.Name?
        package var ipv6PrefixLength: Int
        /// The path of the file with the admin token; `nil` if the admin routes are off.
        package var adminTokenFile: String?
        /// The path of the file with the token of reporters; `nil` if anyone can report.
        package var responseTimesTokenFile: String?
        /// How long requests are still answered after the service was asked to end.
        package var shutdownDelay: Duration = .zero
    }

    package struct Flags: Equatable, Sendable {
        /// The path of the flag file.
        package var file: String
        /// What the file is made from if it does not exist.
        package var initial: FlagValues
        /// What the environment itself says, and what is safer than the file's value therefore always wins.
        package var pins: Pins
        /// Whether hybrid fails closed if the candidate is enforced and cannot answer.
        package var hybridFailsClosed: Bool

        /// The flags that the environment sets; `nil` if it says nothing.
        package struct Pins: Equatable, Sendable {
            package var distributedEnabled: Bool?
            package var hybrid: Bool?
            package var failOpen: Bool?
            package var enforcementPercent: Double?
        }
    }

    package struct Limits: Equatable, Sendable {
        /// The policy of every organization.
        package var book: PolicyBook
    }

    package struct Redis: Equatable, Sendable {
        package var url: SecretText
        /// The path of the file with the password; `nil` if the URL has it, or none is needed.
        package var passwordFile: String?
        /// The path of the file of trusted certificates; `nil` for the system's.
        package var certificateAuthorityFile: String?
        /// The paths of this client's own certificate and key; `nil` if it shows none.
        package var certificateFile: String?
        package var keyFile: String?
        /// What every key and the channel of this deployment begin with.
        package var keyPrefix: String
        /// Whether to start a private server and ignore the URL.
        package var isEmbedded: Bool
        package var connectionTimeout: Duration
        package var socketTimeout: Duration
        package var decisionTimeout: Duration
        package var maximumConnections: Int
        /// The most candidate decisions under way in hybrid.
        package var candidateMaximumInFlight: Int
        /// The most decisions of one identity on their way to Redis.
        package var maximumInFlightPerIdentity: Int
        /// The most identities whose refusals are kept; 0 keeps none.
        package var refusalCacheIdentities: Int
    }

    package struct Legacy: Equatable, Sendable {
        package var algorithm: LimiterAlgorithm
        package var bounds: MemoryBounds
    }

    package struct Comparing: Equatable, Sendable {
        package var tolerances: ComparisonTolerances
        /// Whether a second control shows how much two equal limiters disagree.
        package var hasNoiseFloor: Bool
    }

    package struct Recorder: Equatable, Sendable {
        package var databasePath: String
        /// Whether a damaged file gets another name, so that a new one can be made.
        package var movesDamagedDatabase: Bool
        package var flushInterval: Duration
        /// The most comparisons waiting to be written.
        package var bufferCapacity: Int
        package var retentionDays: Int
        /// The most bytes that records may take; `nil` for no bound.
        package var maximumBytes: Int?
        package var identityPrivacy: IdentityPrivacy
        /// The path of the file with the key for hashed identifiers.
        package var identityPrivacyKeyFile: String?
    }

    package struct Alerts: Equatable, Sendable {
        /// Addresses of receivers; they may hold passwords.
        package var urls: [SecretText]
        /// The path of the file with the token; `nil` if none is needed.
        package var tokenFile: String?
        package var rules: AlertSettings
    }
}

/// Where an instance runs. It picks the configuration file laid over the base, the limits, and what is allowed at all.
package enum DeploymentEnvironment: String, CaseIterable, Codable, Sendable {
    case development
    case staging
    /// Fails closed whatever the flags say, and refuses settings that are only for trying things out.
    case production
}

/// What identifiers are stored as.
package enum IdentityPrivacy: String, CaseIterable, Sendable {
    case plain
    /// As pseudonyms that are stable under a key.
    case hashed
}
