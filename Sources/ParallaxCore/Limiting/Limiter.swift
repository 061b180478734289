/// Anything that can judge requests: the legacy limiter in memory, the shared one in Redis, a scripted one in tests.
package protocol Limiter: Sendable {
    /// Judges a request, and logs its units if it is accepted.
    ///
    /// Never throws: a limiter that cannot answer says so in the decision.
    ///
    /// - Parameter now: The time to judge at; `nil` leaves it to the limiter's own clock.
    func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision

    /// Judges a request by the limiter's own clock, and skips it instead of letting it wait for others of its identity.
    func checkUnqueued(_ request: CheckRequest) async -> Decision
}

extension Limiter {
    package func checkUnqueued(_ request: CheckRequest) async -> Decision { await check(request, at: nil) }
}

/// A limiter that answers at once, from memory.
package protocol ImmediateLimiter: Limiter {
    /// Judges a request at a time that the caller passes; never suspends.
    func judge(_ request: CheckRequest, at now: Timestamp) -> Decision
}

extension ImmediateLimiter {
    package func check(_ request: CheckRequest, at now: Timestamp?) async -> Decision {
        guard let now else { preconditionFailure("a limiter in memory has no clock: pass the time") }
        return judge(request, at: now)
    }
}

/// The question put to a limiter: may this identity spend this many units under this policy?
package struct CheckRequest: Hashable, Sendable {
    package let identity: Identity
    package let policy: Policy
    /// Units asked for: 0 looks without consuming, and the policy's smallest limit is the most.
    package let cost: Int

    /// Makes a request.
    ///
    /// - Throws: ``CostError`` if the cost is negative or could never be accepted.
    package init(identity: Identity, policy: Policy, cost: Int = 1) throws(CostError) {
        guard (0...policy.smallestLimit).contains(cost) else {
            throw CostError(cost: cost, maximum: policy.smallestLimit)
        }
        self.identity = identity
        self.policy = policy
        self.cost = cost
    }
}

/// A cost that no limiter could ever accept under the policy. The remedy is the caller's.
package struct CostError: Error, Equatable, CustomStringConvertible {
    package let cost: Int
    /// The largest cost that the policy allows: its smallest limit.
    package let maximum: Int

    package init(cost: Int, maximum: Int) {
        self.cost = cost
        self.maximum = maximum
    }

    package var description: String {
        "the cost is \(cost); it must be from 0 (look without consuming) to \(maximum), the smallest limit of the policy"
    }
}

/// Remembers what a shared limiter refused, to repeat it without asking while it is certain to be the limiter's answer.
///
/// The one copy of the limiter's state that may decide when no other limiter is asked.
package protocol RefusalMemory: Sendable {
    /// What the limiter would answer now; `nil` if only the limiter itself can tell.
    func refusal(of request: CheckRequest) -> Decision?

    /// Asks the limiter, and remembers its answer if that is a refusal.
    func remembering(_ request: CheckRequest, _ ask: () async -> Decision) async -> Decision
}
