/// What a table keeps of one identity.
package protocol TableValue: ~Copyable, Sendable {
    /// What is kept of an identity never seen before.
    init()

    /// Bytes on the heap, for the bound on memory.
    var heapBytes: Int { get }
}

/// What a limiter in memory keeps of one identity, and how it judges by it.
package protocol LimiterState: TableValue, ~Copyable {
    /// Judges a cost within the policy's smallest limit, all windows or none, and takes the units if it accepts.
    mutating func decide(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision

    /// Whether ``decide(_:cost:at:)`` accepts, taking the units if so: for callers that need only the verdict.
    mutating func admit(_ policy: Policy, cost: Int, at now: Timestamp) -> Bool

    /// Judges without taking anything.
    func look(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision
}

extension LimiterState where Self: ~Copyable {
    package mutating func admit(_ policy: Policy, cost: Int, at now: Timestamp) -> Bool {
        decide(policy, cost: cost, at: now).isAllowed
    }
}
