import Benchmark
@testable import ParallaxCore

/// Two decisions about one request: compared, and the cause of a divergence found.
func registerComparisonBenchmarks() {
    Benchmark.operation("comparison, agreed", prepare: { Disagreement() }) { pair, _ in
        blackHole(Comparison.Result(control: pair.allowed, candidate: pair.allowed, tolerances: pair.tolerances))
    }
    Benchmark.operation("comparison, divergence explained", prepare: { Disagreement() }) { pair, _ in
        blackHole(Comparison.Result(control: pair.allowed, candidate: pair.limited, tolerances: pair.tolerances))
        blackHole(pair.explanation.cause)
    }
}

/// Control allowed what the candidate refused, since other instances had taken the hour's units.
struct Disagreement {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    let tolerances = ComparisonTolerances()
    let request = try! CheckRequest(identity: Identity(identifier: "client"), policy: .defaultValue)

    var allowed: Decision { decision(used: [1, 30, 500, 5], .allowed) }
    var limited: Decision { decision(used: [1, 30, 1_000, 5], .limited(by: "hour"), wait: 60_000) }

    var explanation: Explanation {
        Explanation(
            request: request, kind: .newlyLimited, control: allowed, candidate: limited,
            evidence: Evidence(
                ownUnits: [0, 29, 499, 4], hasSeenOthers: true),
            tolerances: tolerances)
    }

    private func decision(used: [Int], _ outcome: Decision.Outcome, wait: Int64 = 0) -> Decision {
        let windows = zip(request.policy.windows, used).map { window, used in
            WindowState(window: window, used: used, reset: Self.now + 500)
        }
        return Decision(outcome: outcome, windows: windows, retryAfterMilliseconds: wait, judgedAt: Self.now)
    }
}
