import ParallaxCore

extension DivergenceCause {
    /// What a cause means for the decision, in one sentence.
    var meaning: String {
        switch self {
        case .boundary: "The request came within milliseconds of a window's edge: expected, and harmless."
        case .lostWrites: "Redis lost what it had accepted: a failover, a flush or eviction."
        case .otherInstances: "Control cannot see what other instances let through: what the migration is for."
        case .carriedOver: "Follows from an earlier divergence in the same window."
        case .restart: "The instance was restarted and had forgotten what it let through."
        case .eviction: "Control dropped the identity to bound its memory."
        case .clockSkew: "The clocks of Redis and the instance differ, or one of them stepped."
        case .algorithm: "Control counts in another way: decide whether callers may notice."
        case .policy: "The two sides were held to different limits for a moment, during a change."
        case .unexplained: "None of the known causes: look at these first."
        }
    }
}

extension DivergenceKind {
    /// What a kind means for the caller, in one sentence.
    var meaning: String {
        switch self {
        case .newlyLimited: "Control allowed, the candidate limits."
        case .newlyAllowed: "Control limits, the candidate allowed."
        case .differentWindow: "Both limit, by different windows."
        case .quotaDrift: "Both allowed, and told callers different remainders."
        }
    }
}
