import ParallaxCore

/// The slot of a cluster that a key belongs to, from 0 to 16383.
///
/// Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ (key distribution model, hash
/// tags)
struct ClusterSlot: Hashable, Sendable {
    /// Slots of every cluster.
    static let count = 16384
    /// Where there is one shard, every key belongs to it, and no slot is computed.
    static let any = ClusterSlot(number: 0)!

    let number: Int

    /// `nil` if there is no slot of this number.
    init?(number: Int) {
        guard (0..<ClusterSlot.count).contains(number) else { return nil }
        self.number = number
    }

    /// The slot of a key: of its hash tag, if it has one that is not empty.
    init(key: some BidirectionalCollection<UInt8>) {
        number = Int(ClusterSlot.checksum(ClusterSlot.hashed(key)) % UInt16(ClusterSlot.count))
    }

    /// The slot of an identity's log.
    init(of identity: Identity) {
        var key: [UInt8] = []
        RedisKey.append(identity, to: &key)
        self.init(key: key)
    }

    /// What stands between the first brace that opens and the first that closes after it; else the whole key.
    private static func hashed<Key: BidirectionalCollection<UInt8>>(_ key: Key) -> Key.SubSequence {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
        let rest = key[key.index(after: open)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close != rest.startIndex else { return key[...] }
        return rest[..<close]
    }
}

extension ClusterSlot {
    /// CRC-16/XMODEM: polynomial 0x1021, from zero, nothing reflected (the cluster specification's appendix A).
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { checksum, byte in
            checksum << 8 ^ table[Int(UInt8(truncatingIfNeeded: checksum >> 8) ^ byte)]
        }
    }

    /// The checksum of every single byte.
    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { checksum, _ in
            checksum & 0x8000 == 0 ? checksum << 1 : checksum << 1 ^ 0x1021
        }
    }
}

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
