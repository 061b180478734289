import ParallaxCore

/// How many requests, and what each side said to them.
struct Total: Equatable, Sendable {
    var requests = 0
    var controlAllowed = 0
    var controlLimited = 0
    var candidateAllowed = 0
    var candidateLimited = 0
    /// Units accepted.
    var controlUnits = 0
    var candidateUnits = 0

    mutating func count(_ comparison: Comparison) {
        requests += 1
        switch comparison.control.decision.outcome {
        case .allowed:
            controlAllowed += 1
            controlUnits += comparison.cost
        case .limited: controlLimited += 1
        case .unavailable: break
        }
        switch comparison.candidate.decision.outcome {
        case .allowed:
            candidateAllowed += 1
            candidateUnits += comparison.cost
        case .limited: candidateLimited += 1
        case .unavailable: break
        }
    }

    /// Counts a request that only control was asked about.
    mutating func count(heldOut request: CheckRequest, _ decision: Decision) {
        requests += 1
        switch decision.outcome {
        case .allowed:
            controlAllowed += 1
            controlUnits += request.cost
        case .limited: controlLimited += 1
        case .unavailable: break
        }
    }

    static func += (left: inout Total, right: Total) {
        left.requests += right.requests
        left.controlAllowed += right.controlAllowed
        left.controlLimited += right.controlLimited
        left.candidateAllowed += right.candidateAllowed
        left.candidateLimited += right.candidateLimited
        left.controlUnits += right.controlUnits
        left.candidateUnits += right.candidateUnits
    }
}
