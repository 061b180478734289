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

/// What one row of totals counts.
struct TotalKey: Hashable, Sendable {
    /// The outcome of a request in hybrid.
    enum Outcome: Hashable, Sendable {
        case agreed
        case diverged(DivergenceKind, DivergenceCause)
        case incomparable(Unavailability)
        /// Only control was asked: the identity is held out.
        case heldOut
    }

    var minute: Timestamp
    /// Empty for all organizations beyond a bound together.
    var organization: ExactText
    let outcome: Outcome

    /// The same minute and outcome, for all organizations beyond a bound together.
    var folded: TotalKey {
        var key = self
        key.organization = .empty
        return key
    }
}

extension TotalKey.Outcome {
    init(_ result: Comparison.Result) {
        self =
            switch result {
            case .agreed: .agreed
            case .diverged(let kind, let cause): .diverged(kind, cause)
            case .incomparable(let reason): .incomparable(reason)
            }
    }

    /// The three columns `outcome`, `detail` and `cause`.
    var columns: (outcome: OutcomeName, detail: String, cause: String) {
        switch self {
        case .agreed: (.agreed, "", "")
        case .diverged(let kind, let cause): (.diverged, kind.rawValue, cause.rawValue)
        case .incomparable(let reason): (.incomparable, reason.rawValue, "")
        case .heldOut: (.heldOut, "", "")
        }
    }
}

/// The names of outcomes in the database: they never change.
enum OutcomeName: String, Sendable {
    case agreed
    case diverged
    case incomparable
    case heldOut = "held_out"
}

/// Whose volume one row counts.
struct VolumeKey: Hashable, Sendable {
    let minute: Timestamp
    /// Both empty for all identities beyond a bound together.
    let organization: ExactText
    let identifier: ExactText
    let policy: UInt64

    /// The same minute and policy, for all identities beyond a bound together.
    var folded: VolumeKey {
        VolumeKey(minute: minute, organization: .empty, identifier: .empty, policy: policy)
    }
}

/// Where requests with a report are counted.
struct ReportedKey: Hashable, Sendable {
    let minute: Timestamp
    /// Empty for all organizations beyond a bound together.
    let organization: ExactText
}

/// Units that only one side accepted.
struct Volume: Equatable, Sendable {
    /// The policy's, to name them.
    let windows: [Window]
    private(set) var requests = 0
    /// Those that control allowed and the candidate limits.
    private(set) var newlyLimited = 0
    /// Seconds that hold any, as far as requests come in order.
    private(set) var seconds = 0
    private(set) var controlOnlyUnits = 0
    private(set) var candidateOnlyUnits = 0
    private var lastSecond: Int64?

    /// - Returns: `nil` unless just one side allowed.
    init?(_ comparison: Comparison) {
        guard case .diverged(let kind, _) = comparison.result else { return nil }
        switch kind {
        case .newlyLimited: (controlOnlyUnits, newlyLimited) = (comparison.cost, 1)
        case .newlyAllowed: candidateOnlyUnits = comparison.cost
        case .differentWindow, .quotaDrift: return nil
        }
        windows = comparison.candidate.decision.windows.map(\.window)
        requests = 1
        seconds = 1
        lastSecond = comparison.time.milliseconds / 1_000
    }

    static func += (left: inout Volume, right: Volume) {
        left.requests += right.requests
        left.newlyLimited += right.newlyLimited
        // A second that both hold is counted once if the later one is a single request.
        left.seconds = min(
            60, left.seconds + (right.seconds == 1 && right.lastSecond == left.lastSecond ? 0 : right.seconds))
        left.lastSecond = right.lastSecond
        left.controlOnlyUnits += right.controlOnlyUnits
        left.candidateOnlyUnits += right.candidateOnlyUnits
    }
}
