import NIOCore
import ParallaxCore

/// Which primaries there are and which slots each serves, as far as is known. A value; its driver is
/// ``TopologyRouter``.
///
/// A primary under sentinels is a cluster of one shard.
struct Topology: Equatable, Sendable {
    /// One primary, from when it was first known as such.
    struct Primary: Equatable, Sendable {
        let address: NodeAddress
        var id: String?
        var replicas: [NodeAddress]
        let since: Timestamp
    }

    private(set) var primaries: [Primary] = []
    /// For every slot the place of its primary, counted from 1; 0 if no one serves it.
    private var owners = [UInt16](repeating: 0, count: ClusterSlot.count)
    /// Whether anything was ever learned.
    private(set) var isKnown = false

    /// Who serves a slot; `nil` if no one does, or no one knows.
    func primary(of slot: ClusterSlot) -> NodeAddress? {
        let place = Int(owners[slot.number])
        return place == 0 ? nil : primaries[place - 1].address
    }

    /// The slots of every primary, in the primaries' order.
    var slots: [[ClosedRange<Int>]] {
        var slots = [[ClosedRange<Int>]](repeating: [], count: primaries.count)
        var start = 0
        for end in 1...ClusterSlot.count where end == ClusterSlot.count || owners[end] != owners[start] {
            if owners[start] > 0 { slots[Int(owners[start]) - 1].append(start...end - 1) }
            start = end
        }
        return slots
    }

    /// Slots that no one serves.
    var uncovered: Int { owners.count { $0 == 0 } }

    /// Puts the whole in place of what was known before.
    ///
    /// - Parameter now: From when primaries that are new are shown to be such.
    mutating func learned(_ shards: [Shard], at now: Timestamp) {
        let before = primaries
        isKnown = true
        primaries = shards.map { shard in
            let since = before.first { $0.address == shard.primary }?.since ?? now
            return Primary(address: shard.primary, id: shard.id, replicas: shard.replicas, since: since)
        }
        owners = [UInt16](repeating: 0, count: ClusterSlot.count)
        for (place, shard) in shards.enumerated() {
            for slot in shard.slots.joined() { owners[slot] = UInt16(place + 1) }
        }
    }

    /// Notes that one slot has another primary, as a server that was asked for it says.
    mutating func moved(_ slot: ClusterSlot, to address: NodeAddress, at now: Timestamp) {
        if let place = primaries.firstIndex(where: { $0.address == address }) {
            owners[slot.number] = UInt16(place + 1)
        } else if primaries.count < ClusterSlot.count {
            primaries.append(Primary(address: address, id: nil, replicas: [], since: now))
            owners[slot.number] = UInt16(primaries.count)
        }
    }
}

extension Topology {
    /// A probe's key that one primary serves; `nil` if it serves no slot.
    func probeKey(of address: NodeAddress, in keys: RedisKeyspace) -> [UInt8]? {
        guard let place = primaries.firstIndex(where: { $0.address == address }),
            owners.contains(UInt16(place + 1))
        else { return nil }
        // As many as make it certain that even a single slot is met.
        return (0..<1 << 18).lazy.map(keys.probe(number:)).first { key in
            owners[ClusterSlot(key: key).number] == UInt16(place + 1)
        }
    }
}

/// Finds out which primaries there are, by asking.
protocol TopologyFinder: Sendable {
    /// The time between looks while all is well.
    var interval: Duration { get }
    /// Whether keys are spread over several primaries by their slots.
    var spreadsKeys: Bool { get }
    /// Asks one server after the other until one has told.
    ///
    /// - Parameters:
    ///   - topology: What is known so far.
    ///   - nodes: The servers that are connected, which can be asked without another connection.
    ///   - suspect: The server that gave reason to ask; what it knows may be old.
    /// - Throws: ``RedisError`` if no one could tell.
    func find(
        knowing topology: Topology, nodes: NodeDirectory, suspect: NodeAddress?
    ) async throws(RedisError) -> [Shard]

    /// Listens to servers that announce changes by themselves, until the task is cancelled.
    ///
    /// - Parameter changed: Called when there is reason to look.
    func listen(_ changed: @escaping @Sendable () -> Void) async
}

extension OneShotClient {
    /// Asks a server that holds data, on its connections if it has any.
    func ask(
        _ command: RedisCommand, _ address: NodeAddress, of url: RedisURL, nodes: NodeDirectory
    ) async throws(RedisError) -> RedisReply {
        if let node = nodes.node(at: address), node.isConnected {
            return try await node.client.send(command, deadline: .now() + TimeAmount(timeout))
        }
        return try await ask(command, at: url.server(at: address))
    }
}
