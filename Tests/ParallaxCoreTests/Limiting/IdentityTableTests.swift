import ParallaxCore
import Testing

@Suite struct IdentityTableTests {
    private static func identity(_ number: Int) -> Identity { try! Identity(identifier: "client-\(number)") }
    private static let now = Timestamp(milliseconds: 1)

    /// Counts its uses, and claims to hold as many bytes as it was told.
    private struct Uses: TableValue {
        var count = 0
        var heapBytes = 0
    }

    private static func touch(_ table: borrowing IdentityTable<Uses>, _ number: Int, heapBytes: Int = 0) {
        table.withValue(of: identity(number), at: now) { uses in
            uses.count += 1
            uses.heapBytes = heapBytes
        }
    }

    @Test("one that was not used again goes first, and each that goes is counted and remembered")
    func leastRecentlyUsed() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 3, bytes: 1 << 20), shardCount: 1)
        for number in [1, 2, 3, 1, 4] { Self.touch(table, number) }
        #expect(table.peek(at: Self.identity(1)) { $0.count } == 2)
        #expect(table.peek(at: Self.identity(2)) { $0.count } == nil)
        #expect(table.occupancy.identities == 3)
        #expect(table.occupancy.evictions == 1)
        #expect(table.lastEviction(of: Self.identity(2)) == Self.now)
        #expect(table.lastEviction(of: Self.identity(1)) == nil)
    }

    @Test("an organization is forgotten whole, however many it has, and others stay")
    func scope() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 100_000, bytes: .max), shardCount: 1)
        for number in 0..<10_000 {
            let organization = number.isMultiple(of: 3) ? "acme" : "other"
            table.withValue(of: try! Identity(organization: organization, identifier: "\(number)"), at: Self.now) {
                $0.count += 1
            }
        }
        #expect(table.removeAll(in: .organization("acme")) == 3_334)
        #expect(table.occupancy.identities == 6_666)
        #expect(table.removeAll(in: .organization("acme")) == 0)
        #expect(table.removeAll(in: .everything) == 6_666)
        #expect(table.occupancy.identities == 0)
    }

    @Test("strangers inventing identities cannot lift the bound on bytes")
    func bytes() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 1_000_000, bytes: 64 * 1024), shardCount: 4)
        for number in 0..<20_000 { Self.touch(table, number, heapBytes: 100) }
        #expect(table.occupancy.bytes <= 64 * 1024)
        #expect(table.occupancy.identities > 50)
        #expect(table.occupancy.identities + table.occupancy.evictions == 20_000)
    }

    @Test("those that come again stay, however many strangers come once")
    func strangers() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 100, bytes: 1 << 20), shardCount: 1)
        for round in 0..<100 {
            for number in 0..<20 { Self.touch(table, number) }
            for stranger in 0..<50 { Self.touch(table, 1000 + round * 50 + stranger) }
        }
        let uses = (0..<20).map { number in table.peek(at: Self.identity(number)) { $0.count } }
        #expect(uses == Array(repeating: 100, count: 20))
        #expect(table.occupancy.evictions == 20 + 100 * 50 - 100)
    }

    @Test("the hand finds one to let go where all are in use, and passes places that are free")
    func hand() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 4, bytes: 1 << 20), shardCount: 1)
        for number in [1, 2, 3, 4, 1, 2, 3, 4] { Self.touch(table, number) }
        table.remove(Self.identity(2))
        for number in [5, 6] { Self.touch(table, number) }
        let kept = (1...6).filter { number in table.peek(at: Self.identity(number)) { $0.count } != nil }
        #expect(kept.count == 4)
        #expect(kept.contains(6))
    }

    @Test("a value that by itself is larger than its shard's part is kept while it is in use")
    func oversized() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 10, bytes: 1000), shardCount: 1)
        Self.touch(table, 1)
        Self.touch(table, 2, heapBytes: 5000)
        #expect(table.occupancy.identities == 1)
        #expect(table.peek(at: Self.identity(2)) { $0.count } == 1)
    }

    @Test("what is removed is gone, and its place serves another")
    func removal() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 10, bytes: 1 << 20), shardCount: 1)
        for number in 1...3 { Self.touch(table, number) }
        let removals = [table.remove(Self.identity(2)), table.remove(Self.identity(2))]
        #expect(removals == [true, false])
        Self.touch(table, 4)
        #expect(table.occupancy.identities == 3)
        #expect(table.occupancy.evictions == 0)
        for number in [1, 3, 4] { #expect(table.peek(at: Self.identity(number)) { $0.count } == 1) }
    }

    /// What threads can share.
    private final class Shared: Sendable {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(), shardCount: 8)
    }

    @Test("threads at work on the same identities lose nothing")
    func concurrency() async {
        let shared = Shared()
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for step in 0..<5000 { Self.touch(shared.table, step % 50) }
                }
            }
        }
        let total = (0..<50).reduce(0) { sum, number in
            sum + (shared.table.peek(at: Self.identity(number)) { $0.count } ?? 0)
        }
        #expect(total == 20_000)
    }
}
