import ParallaxCore

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
