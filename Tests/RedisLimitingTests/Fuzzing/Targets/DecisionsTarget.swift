import ParallaxCore

@testable import RedisLimiting

/// The answer of the script, for any policy: whatever it holds, it is refused or is a decision that makes sense.
enum DecisionsTarget {
    static func run(_ input: inout FuzzInput) throws(Violation) {
        let policy = FuzzedPolicy.make(&input)
        let cost = input.number(below: min(256, policy.smallestLimit + 1))
        let times = (0..<3).map { _ in input.number(below: 256) }
        let size = 25 + 8 * policy.windows.count
        let bytes = input.piece(of: size + input.number(below: 2))
        guard let decision = try? SlidingLogReply(bytes: bytes).decision(policy: policy, cost: cost) else { return }
        try Violation.unless(bytes.count == size, "\(bytes.count) bytes were read as \(decision)")
        try check(decision, policy: policy)
        guard let identity = try? Identity(identifier: "caller"),
            let request = try? CheckRequest(identity: identity, policy: policy, cost: cost)
        else { return }
        try checkRefusal(of: request, decision, times: times)
    }

    private static func check(_ decision: Decision, policy: Policy) throws(Violation) {
        try Violation.unless(decision.windows.map(\.window) == policy.windows, "\(decision) is about other windows")
        for state in decision.windows {
            try Violation.unless(state.used >= 0 && state.remaining <= state.window.limit, "\(state) is not a state")
        }
        try Violation.unless(decision.judgedAt != nil, "\(decision) was judged at no time")
        switch decision.outcome {
        case .allowed:
            try Violation.unless(decision.retryAfterMilliseconds == 0, "\(decision) allows and asks to wait")
        case .limited:
            try Violation.unless(decision.limitingWindow != nil, "\(decision) is limited by no window")
            try Violation.unless(decision.retryAfterMilliseconds >= 0, "\(decision) asks to wait for the past")
        case .unavailable:
            throw Violation(description: "\(decision) is not a decision")
        }
    }

    /// A refusal that is kept is repeated with the wait that is left, and never beyond it.
    private static func checkRefusal(
        of request: CheckRequest, _ decision: Decision, times: [Int]
    ) throws(Violation) {
        let askedAt = Duration.milliseconds(times[0])
        let answeredAt = askedAt + .milliseconds(times[1])
        guard let refusal = CachedRefusal(of: request, decision, askedAt: askedAt, answeredAt: answeredAt) else {
            return
        }
        let now = answeredAt + refusal.lifetime * times[2] / 128
        guard let answer = refusal.answer(to: request, at: now) else { return }
        try Violation.unless(answer.outcome == decision.outcome, "\(answer) is another verdict than \(decision)")
        try Violation.unless(answer.retryAfterMilliseconds > 0, "\(answer) is over")
        try Violation.unless(
            now - askedAt <= .milliseconds(decision.retryAfterMilliseconds), "\(answer) comes too late")
        for state in answer.windows where state.used > 0 {
            try Violation.unless(state.reset > answer.judgedAt!, "\(state) was reset before \(answer)")
        }
    }
}
