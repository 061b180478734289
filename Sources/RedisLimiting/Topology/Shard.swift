/// A primary, the replicas that hold copies of its data, and the slots that it serves.
struct Shard: Equatable, Sendable {
    let primary: NodeAddress
    /// The primary's id in its cluster; `nil` if there is none.
    var id: String?
    var replicas: [NodeAddress]
    /// Never overlapping, none empty, in ascending order.
    var slots: [ClosedRange<Int>]

    /// All slots, as the one primary under sentinels serves them.
    static let everySlot = [0...ClusterSlot.count - 1]
}
