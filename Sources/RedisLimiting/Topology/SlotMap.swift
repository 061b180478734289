/// What one node of a cluster knows of the others: who serves which slots.
///
/// Source: https://redis.io/docs/latest/commands/cluster-slots/
struct SlotMap: Equatable, Sendable {
    /// In the order of their first slots.
    let shards: [Shard]

    /// Reads the answer to CLUSTER SLOTS.
    ///
    /// - Parameter server: The node that was asked; a host left out is its host.
    /// - Throws: ``RedisError`` if the answer is none, or the server belongs to no cluster.
    init(_ reply: RedisReply, from server: NodeAddress) throws(RedisError) {
        if case .error(let text) = reply { throw SlotMap.refusal(text) }
        guard case .array(let entries) = reply else { throw SlotMap.unreadable }
        var parts: [Shard] = []
        for entry in entries {
            if let part = try SlotMap.part(entry, from: server) { parts.append(part) }
        }
        parts.sort { $0.slots[0].lowerBound < $1.slots[0].lowerBound }
        for (part, next) in zip(parts, parts.dropFirst()) where next.slots[0].lowerBound <= part.slots[0].upperBound {
            throw SlotMap.unreadable
        }
        shards = parts.reduce(into: []) { shards, part in
            if let place = shards.firstIndex(where: { $0.primary == part.primary }) {
                shards[place].slots += part.slots
            } else {
                shards.append(part)
            }
        }
    }

    /// One range of slots; `nil` if the node that serves it has no address that anyone knows.
    private static func part(_ entry: RedisReply, from server: NodeAddress) throws(RedisError) -> Shard? {
        guard case .array(let parts) = entry, parts.count >= 3, case .integer(let first) = parts[0],
            case .integer(let last) = parts[1], 0 <= first, first <= last, last < ClusterSlot.count
        else { throw unreadable }
        guard let (primary, id) = try node(parts[2], from: server) else { return nil }
        var replicas: [NodeAddress] = []
        for part in parts[3...] {
            if let (replica, _) = try node(part, from: server) { replicas.append(replica) }
        }
        return Shard(primary: primary, id: id, replicas: replicas, slots: [Int(first)...Int(last)])
    }

    private static func node(
        _ reply: RedisReply, from server: NodeAddress
    ) throws(RedisError) -> (address: NodeAddress, id: String?)? {
        guard case .array(let parts) = reply, parts.count >= 2, case .integer(let port) = parts[1],
            parts[0] == .null || parts[0].text != nil
        else { throw unreadable }
        let id = parts.count > 2 ? parts[2].text : nil
        guard let address = NodeAddress(host: parts[0].text ?? "", announcedPort: Int(port)) else { return nil }
        return (address.announced(by: server), id.flatMap { isHexadecimal($0) ? $0 : nil })
    }

    private static func isHexadecimal(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 40 && text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    }

    private static var unreadable: RedisError {
        RedisError(.server, "a server answered CLUSTER SLOTS with something that is not a map of slots")
    }

    private static func refusal(_ text: String) -> RedisError {
        let error = RedisError(serverReply: text)
        guard error.code == .server else { return error }
        return RedisError(
            .configuration,
            "a server of the Redis URL belongs to no cluster; begin the URL with redis:// for one server",
            cause: error.cause)
    }
}
