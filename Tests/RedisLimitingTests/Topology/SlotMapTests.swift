import Testing

@testable import RedisLimiting

@Suite struct SlotMapTests {
    private static let asked = NodeAddress(host: "10.0.0.1", port: 7000)

    private static func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }

    private static func node(_ host: RedisReply, _ port: Int64, _ id: String = "ab12") -> RedisReply {
        .array([host, .integer(port), bulk(id), .array([])])
    }

    private static func range(_ first: Int64, _ last: Int64, _ nodes: RedisReply...) -> RedisReply {
        .array([.integer(first), .integer(last)] + nodes)
    }

    @Test("ranges of one master are one shard, in ascending order, with its replicas and its id")
    func reads() throws {
        let reply = RedisReply.array([
            Self.range(100, 200, Self.node(Self.bulk("b"), 2, "bb"), Self.node(Self.bulk("c"), 3)),
            Self.range(300, 16383, Self.node(Self.bulk("a"), 1, "aa")),
            Self.range(0, 99, Self.node(Self.bulk("a"), 1, "aa")),
        ])
        #expect(
            try SlotMap(reply, from: Self.asked).shards == [
                Shard(
                    primary: NodeAddress(host: "a", port: 1), id: "aa", replicas: [], slots: [0...99, 300...16383]),
                Shard(
                    primary: NodeAddress(host: "b", port: 2), id: "bb", replicas: [NodeAddress(host: "c", port: 3)],
                    slots: [100...200]),
            ])
    }

    @Test("a node without a host of its own has the host that was asked; one with an unknown host is left out")
    func unknownHosts() throws {
        let reply = RedisReply.array([
            Self.range(0, 1, Self.node(.null, 1)), Self.range(2, 3, Self.node(Self.bulk(""), 2)),
            Self.range(4, 5, Self.node(Self.bulk("?"), 3)),
        ])
        let shards = try SlotMap(reply, from: Self.asked).shards
        #expect(shards.map(\.primary.description) == ["10.0.0.1:1", "10.0.0.1:2"])
    }

    @Test(
        "an answer that is not a map is refused",
        arguments: [
            .null, .integer(3), .array([.integer(1)]), .array([range(0, 1)]), .array([range(5, 4, node(bulk("a"), 1))]),
            .array([range(-1, 4, node(bulk("a"), 1))]), .array([range(0, 16384, node(bulk("a"), 1))]),
            .array([range(0, 10, node(bulk("a"), 1)), range(10, 20, node(bulk("b"), 1))]),
            .array([range(0, 1, .array([bulk("a")]))]), .array([range(0, 1, .array([.integer(1), .integer(1)]))]),
        ] as [RedisReply])
    func refuses(_ reply: RedisReply) {
        let error = #expect(throws: RedisError.self) { try SlotMap(reply, from: Self.asked) }
        #expect(error?.code == .server)
    }

    @Test("a server that belongs to no cluster is a mistake in the address; one that is still loading is not")
    func errors() {
        let alone = RedisReply.error("ERR This instance has cluster support disabled")
        let error = #expect(throws: RedisError.self) { try SlotMap(alone, from: Self.asked) }
        #expect(error?.code == .configuration)
        let loading = #expect(throws: RedisError.self) {
            try SlotMap(.error("LOADING Redis is loading"), from: Self.asked)
        }
        #expect(loading?.code == .loading)
    }

    @Test("nodes are asked once each: those that are connected first, the one that gave reason to ask last")
    func order() {
        let nodes = (0..<6).map { NodeAddress(host: "n", port: $0 + 1) }
        #expect(
            ClusterFinder.order(
                connected: [nodes[1], nodes[2]], known: [nodes[3], nodes[2]], seeds: [nodes[0], nodes[3]],
                suspect: nodes[1]) == [nodes[2], nodes[3], nodes[0], nodes[1]])
        #expect(
            ClusterFinder.order(connected: [], known: [], seeds: [nodes[0]], suspect: nil) == [nodes[0]])
    }
}
