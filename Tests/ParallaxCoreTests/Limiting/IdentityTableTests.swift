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

    private static func touch(_ table: IdentityTable<Uses>, _ number: Int, heapBytes: Int = 0) {
        table.withValue(of: identity(number), at: now) { uses in
            uses.count += 1
            uses.heapBytes = heapBytes
        }
    }

    @Test("the least recently used goes first, and each that goes is counted and remembered")
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

    @Test("strangers inventing identities cannot lift the bound on bytes")
    func bytes() {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(identities: 1_000_000, bytes: 64 * 1024), shardCount: 4)
        for number in 0..<20_000 { Self.touch(table, number, heapBytes: 100) }
        #expect(table.occupancy.bytes <= 64 * 1024)
        #expect(table.occupancy.identities > 50)
        #expect(table.occupancy.identities + table.occupancy.evictions == 20_000)
    }

    @Test("a value that alone is larger than its shard's part is kept while it is in use")
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
        #expect(table.remove(Self.identity(2)))
        #expect(!table.remove(Self.identity(2)))
        Self.touch(table, 4)
        #expect(table.occupancy.identities == 3)
        #expect(table.occupancy.evictions == 0)
        for number in [1, 3, 4] { #expect(table.peek(at: Self.identity(number)) { $0.count } == 1) }
    }

    @Test("threads at work on the same identities lose nothing")
    func concurrency() async {
        let table = IdentityTable<Uses>(bounds: MemoryBounds(), shardCount: 8)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for step in 0..<5000 { Self.touch(table, step % 50) }
                }
            }
        }
        let total = (0..<50).reduce(0) { sum, number in sum + (table.peek(at: Self.identity(number)) { $0.count } ?? 0)
        }
        #expect(total == 20_000)
    }
}
