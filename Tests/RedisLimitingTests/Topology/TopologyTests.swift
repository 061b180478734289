import ParallaxCore
import Testing

@testable import RedisLimiting

@Suite struct TopologyTests {
    private let nodes = (0..<4).map { NodeAddress(host: "n\($0)", port: 6379) }

    private func shard(_ place: Int, _ slots: ClosedRange<Int>...) -> Shard {
        Shard(primary: nodes[place], id: "\(place)", replicas: [nodes[3]], slots: slots)
    }

    private func slot(_ number: Int) throws -> ClusterSlot { try #require(ClusterSlot(number: number)) }

    @Test("every slot has the primary that was learned, and slots that were left out have none")
    func learns() throws {
        var topology = Topology()
        #expect(!topology.isKnown && topology.uncovered == 16384)
        topology.learned([shard(0, 0...9, 30...39), shard(1, 10...19)], at: Timestamp(milliseconds: 5))
        #expect(topology.isKnown)
        for (number, place) in [(0, 0), (9, 0), (10, 1), (19, 1), (30, 0), (39, 0)] {
            #expect(topology.primary(of: try slot(number)) == nodes[place])
        }
        for number in [20, 29, 40, 16383] { #expect(topology.primary(of: try slot(number)) == nil) }
        #expect(topology.uncovered == 16384 - 30)
        #expect(topology.slots == [[0...9, 30...39], [10...19]])
    }

    @Test("one slot that has moved belongs to another primary, known or not, and no other slot does")
    func moves() throws {
        var topology = Topology()
        topology.learned([shard(0, 0...9), shard(1, 10...16383)], at: Timestamp(milliseconds: 5))
        topology.moved(try slot(3), to: nodes[1], at: Timestamp(milliseconds: 6))
        topology.moved(try slot(12), to: nodes[2], at: Timestamp(milliseconds: 7))
        #expect(topology.slots == [[0...2, 4...9], [3...3, 10...11, 13...16383], [12...12]])
        #expect(topology.primaries.map(\.since.milliseconds) == [5, 5, 7])
        #expect(topology.uncovered == 0)
    }

    @Test("a primary that stays keeps the time from which it is known, and one that comes back begins again")
    func since() {
        var topology = Topology()
        topology.learned([shard(0, 0...9), shard(1, 10...16383)], at: Timestamp(milliseconds: 1))
        topology.learned([shard(2, 0...9), shard(1, 10...16383)], at: Timestamp(milliseconds: 2))
        #expect(topology.primaries.map(\.address) == [nodes[2], nodes[1]])
        #expect(topology.primaries.map(\.since.milliseconds) == [2, 1])
        topology.learned([shard(0, 0...9), shard(1, 10...16383)], at: Timestamp(milliseconds: 3))
        #expect(topology.primaries.map(\.since.milliseconds) == [3, 1])
    }

    @Test("a probe's key belongs to the primary that is probed, were it only for a single slot")
    func probeKeys() throws {
        var topology = Topology()
        topology.learned(
            [shard(0, 0...16381), shard(1, 16382...16382), shard(2, 16383...16383)], at: Timestamp(milliseconds: 1))
        for place in 0..<3 {
            let key = try #require(topology.probeKey(of: nodes[place], in: RedisKeyspace()))
            #expect(topology.primary(of: ClusterSlot(key: key)) == nodes[place])
        }
        #expect(topology.probeKey(of: nodes[3], in: RedisKeyspace()) == nil)
        topology.moved(try slot(16383), to: nodes[0], at: Timestamp(milliseconds: 2))
        #expect(topology.probeKey(of: nodes[2], in: RedisKeyspace()) == nil)
    }
}
