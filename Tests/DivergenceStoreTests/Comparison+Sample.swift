import ParallaxCore

extension Timestamp {
    /// The start of a minute.
    static let sample = Timestamp(milliseconds: 1_700_000_040_000)

    func plus(minutes: Int64) -> Timestamp { self + minutes * 60_000 }
}

extension Comparison {
    /// A comparison in which both sides saw the standard policy.
    static func sample(
        _ result: Result, organization: String? = "acme", identifier: String = "key", at time: Timestamp = .sample,
        cost: Int = 1, evidence: Evidence = Evidence()
    ) -> Comparison {
        let (control, candidate) = outcomes(of: result)
        return Comparison(
            identity: try! Identity(organization: organization, identifier: identifier), cost: cost, time: time,
            policyFingerprint: Policy.defaultValue.fingerprint, control: .sample(control, at: time, used: 3),
            candidate: .sample(candidate, at: time + 7, used: 5), enforced: .control, result: result, evidence: evidence
        )
    }

    private static func outcomes(of result: Result) -> (Decision.Outcome, Decision.Outcome) {
        switch result {
        case .agreed, .diverged(.quotaDrift, _): (.allowed, .allowed)
        case .diverged(.newlyLimited, _): (.allowed, .limited(by: "minute"))
        case .diverged(.newlyAllowed, _): (.limited(by: "burst"), .allowed)
        case .diverged(.differentWindow, _): (.limited(by: "burst"), .limited(by: "minute"))
        case .incomparable(let reason): (.allowed, .unavailable(reason))
        }
    }
}

extension Observation {
    static func sample(_ outcome: Decision.Outcome, at time: Timestamp, used: Int) -> Observation {
        if case .unavailable(let reason) = outcome {
            return Observation(decision: .unavailable(reason), duration: .milliseconds(250))
        }
        let windows = Policy.defaultValue.windows.enumerated().map { index, window in
            WindowState(window: window, used: used + index, reset: time + window.durationMilliseconds)
        }
        let retryAfter: Int64 = outcome == .allowed ? 0 : 1_234
        return Observation(
            decision: Decision(outcome: outcome, windows: windows, retryAfterMilliseconds: retryAfter, judgedAt: time),
            duration: .microseconds(used * 100))
    }
}

/// One comparison of every possible result.
let everyResult: [Comparison.Result] =
    [.agreed] + Unavailability.allCases.map { .incomparable($0) }
    + DivergenceKind.allCases.flatMap { kind in DivergenceCause.allCases.map { .diverged(kind, $0) } }
