import ParallaxCore

/// The body of `/v1/limits/status`: what is left of an identity's limits on both sides.
struct StandingDocument: Encodable {
    struct Window: Encodable {
        let name: String
        let limit: Int
        let used: Int
        let remaining: Int
        let resetMs: Int64
    }

    struct Side: Encodable {
        let state: String
        let reason: String?
        let windows: [Window]

        init(_ decision: Decision) {
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

    let organization: String
    let identifier: String
    /// `nil` for a side that the strategy does not use.
    let memoryLegacy: Side?
    let redisDistributed: Side?

    init(_ identity: Identity, _ standing: Standing) {
        organization = identity.organization
        identifier = identity.identifier
        memoryLegacy = standing.control.map(Side.init)
        redisDistributed = standing.candidate.map(Side.init)
    }
}
