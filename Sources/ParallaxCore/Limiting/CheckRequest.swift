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
