/// What a limiter in memory keeps of one identity, and how it judges by it.
package protocol LimiterState: Sendable {
    init()

    /// Bytes on the heap, for the bound on memory.
    var heapBytes: Int { get }

    /// Judges a cost within the policy's smallest limit, all windows or none, and takes the units if it accepts.
    mutating func decide(_ policy: Policy, cost: Int, at now: Timestamp) -> Decision
}
