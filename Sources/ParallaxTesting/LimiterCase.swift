package import ParallaxCore

/// One case of the conformance suite: requests at passed times, and what a sliding log answers to each.
///
/// Its identities are its own, so that cases can share a store.
package struct LimiterCase: Sendable, CustomStringConvertible {
    package struct Step: Sendable {
        let request: CheckRequest
        let now: Timestamp
        let expected: Decision
    }

    /// A sentence that can be false.
    package let name: String
    package let steps: [Step]

    package var description: String { name }

    /// Runs the case.
    ///
    /// - Returns: A line for every answer that is not the expected one; empty if the limiter conforms.
    package func mismatches(of limiter: some Limiter) async -> [String] {
        var lines: [String] = []
        for (index, step) in steps.enumerated() {
            let decision = await limiter.check(step.request, at: step.now)
            guard decision != step.expected else { continue }
            lines.append(
                "\(name), step \(index + 1) at \(step.now.milliseconds) with cost \(step.request.cost): "
                    + "expected \(step.expected), got \(decision)")
        }
        return lines
    }
}

/// Writes the steps of a case, one line a request.
struct LimiterCaseBuilder {
    /// An ordinary day, so that implementations meet times of the size they will.
    static let start: Int64 = 1_800_000_000_000

    var policy: Policy
    var identity: Identity
    private(set) var steps: [LimiterCase.Step] = []
    /// The time of the newest unit, after the start; `nil` before the first.
    private var newest: Int64?

    init(_ identifier: String, _ windows: [(name: String, limit: Int, milliseconds: Int64)]) {
        identity = try! Identity(organization: "conformance", identifier: identifier)
        policy = LimiterCaseBuilder.policy(windows)
    }

    /// Holds what follows to other windows.
    mutating func change(to windows: (name: String, limit: Int, milliseconds: Int64)...) {
        policy = LimiterCaseBuilder.policy(windows)
    }

    /// Expects acceptance, with a list of the windows' states for policies that have many.
    mutating func allows(_ cost: Int = 1, at offset: Int64, states: [(used: Int, reset: Int64)]) {
        expect(.allowed, cost: cost, offset: offset, wait: 0, states: states)
    }

    /// Expects refusal, with a list of the windows' states for policies that have many.
    mutating func limits(
        _ cost: Int = 1, at offset: Int64, by window: String, wait: Int64, states: [(used: Int, reset: Int64)]
    ) {
        expect(.limited(by: window), cost: cost, offset: offset, wait: wait, states: states)
    }

    /// Expects acceptance.
    ///
    /// - Parameters:
    ///   - offset: The time, in milliseconds after the start.
    ///   - states: For every window, the units used afterwards and the offset at which the remaining ones grow.
    mutating func allows(_ cost: Int = 1, at offset: Int64, _ states: (used: Int, reset: Int64)...) {
        expect(.allowed, cost: cost, offset: offset, wait: 0, states: states)
    }

    /// Expects refusal by a window, with the wait in milliseconds.
    mutating func limits(
        _ cost: Int = 1, at offset: Int64, by window: String, wait: Int64, _ states: (used: Int, reset: Int64)...
    ) {
        expect(.limited(by: window), cost: cost, offset: offset, wait: wait, states: states)
    }

    private mutating func expect(
        _ outcome: Decision.Outcome, cost: Int, offset: Int64, wait: Int64, states: [(used: Int, reset: Int64)]
    ) {
        precondition(states.count == policy.windows.count, "a step states every window")
        let now = Timestamp(milliseconds: LimiterCaseBuilder.start + offset)
        let ahead = max(0, (newest ?? offset) - offset)
        if ahead > Clocks.stepMilliseconds { newest = offset }
        if outcome == .allowed, cost > 0 { newest = max(newest ?? offset, offset) }
        let windows = zip(policy.windows, states).map { window, state in
            WindowState(
                window: window, used: state.used,
                reset: Timestamp(milliseconds: LimiterCaseBuilder.start + state.reset))
        }
        steps.append(
            LimiterCase.Step(
                request: try! CheckRequest(identity: identity, policy: policy, cost: cost), now: now,
                expected: Decision(
                    outcome: outcome, windows: windows, retryAfterMilliseconds: wait, judgedAt: now,
                    stepBackMilliseconds: ahead)))
    }

    private static func policy(_ windows: [(name: String, limit: Int, milliseconds: Int64)]) -> Policy {
        try! Policy(
            windows: windows.map { Window(name: $0.name, limit: $0.limit, durationMilliseconds: $0.milliseconds) })
    }
}
