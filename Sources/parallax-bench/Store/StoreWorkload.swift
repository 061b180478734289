import ParallaxCore
import Replay

/// The comparisons of a measurement of the store: organizations and identities of unequal traffic, kinds and causes as a
/// migration to a shared limiter has them.
struct StoreWorkload: Sendable {
    static let organizations = 46

    private let identities: [Identity]
    private var random: SplitMix64

    init(identities: Int, seed: UInt64) {
        random = SplitMix64(seed: seed)
        var random = random
        self.identities = (0..<identities).map { number in
            let organization = Self.skewed(Self.organizations, &random)
            // Names of a few bytes.
            return try! Identity(organization: "organization-\(organization)", identifier: "client-\(number)")
        }
    }

    mutating func makeAgreement(at time: Timestamp) -> Comparison {
        make(.agreed, .allowed, .allowed, at: time)
    }

    mutating func makeDivergence(at time: Timestamp) -> Comparison {
        let cause = causes[Int(random.next() % UInt64(causes.count))]
        if random.next() % 5 > 0 {
            return make(.diverged(.newlyLimited, cause), .allowed, .limited(by: "minute"), at: time)
        }
        return make(.diverged(.newlyAllowed, cause), .limited(by: "burst"), .allowed, at: time)
    }

    /// The rarer ones last and less often.
    private let causes: [DivergenceCause] = [
        .otherInstances, .otherInstances, .otherInstances, .carriedOver, .carriedOver, .boundary, .restart,
    ]

    private mutating func make(
        _ result: Comparison.Result, _ control: Decision.Outcome, _ candidate: Decision.Outcome, at time: Timestamp
    ) -> Comparison {
        Comparison(
            identity: identities[Self.skewed(identities.count, &random)], cost: 1, time: time,
            policyFingerprint: Policy.standard.fingerprint, control: observation(control, at: time, used: 7),
            candidate: observation(candidate, at: time + 1, used: 19), enforced: .control, result: result,
            evidence: Evidence(ownUnits: [1, 7, 7, 7], hasSeenOthers: true, clockOffsetMilliseconds: 1))
    }

    private func observation(_ outcome: Decision.Outcome, at time: Timestamp, used: Int) -> Observation {
        let windows = Policy.standard.windows.map { window in
            WindowState(window: window, used: used, reset: time + window.durationMilliseconds)
        }
        let decision = Decision(
            outcome: outcome, windows: windows, retryAfterMilliseconds: outcome == .allowed ? 0 : 1_234, judgedAt: time)
        return Observation(decision: decision, duration: .microseconds(used * 10))
    }

    /// A number below the count, the small ones more often: half of all lie in the first quarter.
    private static func skewed(_ count: Int, _ random: inout SplitMix64) -> Int {
        let uniform = Double(random.next() >> 11) / 9_007_199_254_740_992
        return min(count - 1, Int(Double(count) * uniform * uniform))
    }
}
