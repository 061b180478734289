package import ParallaxCore

/// The answer of `GET /v1/limits/status`: what is left of an identity's limits on both sides.
package struct LimitStatus: Codable, Equatable, Sendable {
    package struct Window: Codable, Equatable, Sendable {
        package let name: String
        package let limit: Int
        package let used: Int
        package let remaining: Int
        package let resetMs: Int64

        package init(name: String, limit: Int, used: Int, remaining: Int, resetMs: Int64) {
            self.name = name
            self.limit = limit
            self.used = used
            self.remaining = remaining
            self.resetMs = resetMs
        }
    }

    package struct Side: Codable, Equatable, Sendable {
        /// `known`, or `unavailable` with the reason.
        package let state: String
        package let reason: String?
        package let windows: [Window]

        package init(state: String, reason: String?, windows: [Window]) {
            self.state = state
            self.reason = reason
            self.windows = windows
        }

        package init(_ decision: Decision) {
            if case .unavailable(let unavailability) = decision.outcome {
                state = "unavailable"
                reason = unavailability.rawValue
            } else {
                state = "known"
                reason = nil
            }
            windows = decision.windows.map {
                Window(
                    name: $0.window.name, limit: $0.window.limit, used: $0.used, remaining: $0.remaining,
                    resetMs: $0.reset.milliseconds)
            }
        }
    }

    package let organization: String
    package let identifier: String
    /// `nil` for a side that was not asked.
    package let memoryLegacy: Side?
    package let redisDistributed: Side?

    package init(organization: String, identifier: String, memoryLegacy: Side?, redisDistributed: Side?) {
        self.organization = organization
        self.identifier = identifier
        self.memoryLegacy = memoryLegacy
        self.redisDistributed = redisDistributed
    }
}

/// The answer of `GET /v1/limits/top`: an organization's most refused identities, most first.
package struct MostRefusedAnswer: Codable, Equatable, Sendable {
    /// One identity and how often it was refused.
    package struct Entry: Codable, Equatable, Sendable {
        package let identifier: String
        /// Refusals, at most.
        package let refusals: Int
        /// How much of that may belong to others.
        package let overestimate: Int

        package init(identifier: String, refusals: Int, overestimate: Int) {
            self.identifier = identifier
            self.refusals = refusals
            self.overestimate = overestimate
        }
    }

    package let organization: String
    package let identities: [Entry]

    package init(organization: String, identities: [Entry]) {
        self.organization = organization
        self.identities = identities
    }
}

/// The body of `POST /v1/limits/reset`.
package struct ResetRequest: Codable, Sendable {
    package let organization: String?
    /// Missing to clear many.
    package let identifier: String?
    /// Whether to clear every identity of the organization; without an organization those of all.
    package let all: Bool?

    package init(organization: String?, identifier: String?, all: Bool?) {
        self.organization = organization
        self.identifier = identifier
        self.all = all
    }
}

/// The answer of `POST /v1/limits/reset` for one identity.
package struct ResetAnswer: Codable, Equatable, Sendable {
    /// Whether this instance's memory held anything.
    package let memory: Bool
    /// Whether Redis held anything; `nil` if it could not be asked.
    package let redis: Bool?
    /// Why Redis could not be asked.
    package let problem: String?

    package init(memory: Bool, redis: Bool?, problem: String? = nil) {
        self.memory = memory
        self.redis = redis
        self.problem = problem
    }
}

/// The answer of `POST /v1/limits/reset` for many identities.
package struct ResetAllAnswer: Codable, Equatable, Sendable {
    /// Identities that this instance's memory held.
    package let memoryIdentities: Int
    /// Identities that Redis held; `nil` if not all could be cleared.
    package let redisIdentities: Int?
    /// Why not all could be cleared in Redis.
    package let problem: String?

    package init(memoryIdentities: Int, redisIdentities: Int?, problem: String? = nil) {
        self.memoryIdentities = memoryIdentities
        self.redisIdentities = redisIdentities
        self.problem = problem
    }
}
