import ParallaxCore

/// What the door makes of a decision.
enum EdgeVerdict: Equatable, Sendable {
    /// 200.
    case allowed
    /// 429: the limit is spent.
    case limited
    /// 503: no one could tell. Never mistaken for a limit.
    case unavailable(Unavailability)
    /// 200 though no one could tell: outside production, if the flags say so.
    case passedUnjudged(Unavailability)

    /// Decides for a decision that was to be enforced.
    ///
    /// - Parameters:
    ///   - strategy: Failing open is for `distributed_only`. In `hybrid` control stands in for the candidate, and where
    ///     a setting forbids that, it is to fail closed.
    ///   - failsOpen: What `FAIL_OPEN_ON_REDIS_ERROR` says; ignored in production.
    init(_ outcome: Decision.Outcome, strategy: Strategy, isProduction: Bool, failsOpen: Bool) {
        switch outcome {
        case .allowed: self = .allowed
        case .limited: self = .limited
        case .unavailable(let reason):
            let passes = strategy == .distributedOnly && failsOpen && !isProduction
            self = passes ? .passedUnjudged(reason) : .unavailable(reason)
        }
    }
}
