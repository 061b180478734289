import BasicContainers
import Synchronization

/// Places of a shard that are looked through at a time: some tens of microseconds.
private let resetSlicePlaces = 4096

/// What an instance remembers of each identity, in shards, bounded in identities and bytes: the least recently used go
/// first, and each that goes is counted.
///
/// Not copied, so that no decision has to count a reference that all threads share.
package struct IdentityTable<Value: TableValue & ~Copyable>: ~Copyable, Sendable {
    private let shards: RigidArray<Mutex<IdentityTableShard<Value>>>

    /// Makes an empty table.
    ///
    /// - Parameters:
    ///   - bounds: For the whole table; each shard gets an equal part, and room for one identity at least.
    ///   - shardCount: A power of two; more shards let more threads in at once.
    package init(bounds: MemoryBounds, shardCount: Int = 64) {
        precondition(shardCount > 0 && shardCount & (shardCount - 1) == 0, "the number of shards is a power of two")
        precondition(bounds.identities > 0 && bounds.bytes > 0, "a table must be allowed to hold something")
        let part = MemoryBounds(
            identities: max(1, bounds.identities / shardCount), bytes: max(1, bounds.bytes / shardCount))
        var shards = RigidArray<Mutex<IdentityTableShard<Value>>>(capacity: shardCount)
        for _ in 0..<shardCount { shards.append(Mutex(IdentityTableShard(bounds: part))) }
        self.shards = shards
    }

    /// Works on the value of an identity, made first if there is none, and marks it as just used.
    ///
    /// - Parameter now: The time noted if keeping this value pushes another out.
    @inline(__always)
    package func withValue<Result: Sendable>(
        of identity: Identity, at now: Timestamp, _ body: (inout Value) -> Result
    ) -> Result {
        shards[place(identity.hash)].withLock { $0.withValue(of: identity, at: now, body) }
    }

    /// Looks at the value of an identity without marking it as used; `nil` if there is none.
    package func peek<Result: Sendable>(at identity: Identity, _ body: (borrowing Value) -> Result) -> Result? {
        shards[place(identity.hash)].withLock { $0.peek(at: identity, body) }
    }

    /// Forgets an identity, and says whether there was anything to forget.
    @discardableResult
    package func remove(_ identity: Identity) -> Bool {
        shards[place(identity.hash)].withLock { $0.remove(identity) }
    }

    /// Forgets all identities. What others put in meanwhile may stay.
    package func removeAll() {
        for place in 0..<shards.count { shards[place].withLock { $0.removeAll() } }
    }

    /// Forgets the identities of a scope, one shard after the other and of each some thousand places at a time: others
    /// who want the shard do not wait for all of it. What they put in meanwhile may stay.
    ///
    /// - Returns: How many there were.
    @discardableResult
    package func removeAll(in scope: ResetScope) -> Int {
        if case .identity(let identity) = scope { return remove(identity) ? 1 : 0 }
        var count = 0
        for shard in 0..<shards.count {
            var start: Int? = 0
            while let from = start {
                let removed = shards[shard].withLock { $0.remove(scope, from: from, places: resetSlicePlaces) }
                count += removed.count
                start = removed.next
            }
        }
        return count
    }

    /// When the identity was last pushed out, or may have been at the latest if so many were pushed out that no one
    /// remembers; `nil` if it never was.
    package func lastEviction(of identity: Identity) -> Timestamp? {
        shards[place(identity.hash)].withLock { $0.lastEviction(of: identity) }
    }

    package var occupancy: MemoryOccupancy {
        var total = MemoryOccupancy()
        for place in 0..<shards.count {
            let part = shards[place].withLock { $0.occupancy }
            total.identities += part.identities
            total.bytes += part.bytes
            total.evictions += part.evictions
        }
        return total
    }

    /// The shard's place by the high bits: the index inside uses the low ones.
    private func place(_ hash: Int) -> Int {
        Int(truncatingIfNeeded: UInt(bitPattern: hash) >> 48) & (shards.count - 1)
    }
}

/// How much a table of identities may hold; the least recently used go first once either bound is reached.
package struct MemoryBounds: Equatable, Sendable {
    package var identities: Int
    package var bytes: Int

    package init(identities: Int = 1_000_000, bytes: Int = 512 * 1024 * 1024) {
        self.identities = identities
        self.bytes = bytes
    }
}

/// How much a table of identities holds, and what it has let go.
package struct MemoryOccupancy: Equatable, Sendable {
    package var identities = 0
    /// An estimate that errs upwards.
    package var bytes = 0
    /// Identities dropped to stay within the bounds, since the start.
    package var evictions = 0

    package init(identities: Int = 0, bytes: Int = 0, evictions: Int = 0) {
        self.identities = identities
        self.bytes = bytes
        self.evictions = evictions
    }
}

/// What allocations take, rounded up as an allocator rounds them, so that bounds on memory err on the safe side.
package enum HeapBytes {
    /// An array's buffer with room for so many elements; 0 if it has none.
    package static func array(of capacity: Int, stride: Int) -> Int {
        capacity == 0 ? 0 : allocation(of: 32 + capacity * stride)
    }

    /// A string's buffer; 0 up to fifteen bytes of UTF-8, which are held without the heap.
    package static func string(_ text: String) -> Int {
        text.utf8.count <= 15 ? 0 : allocation(of: 33 + text.utf8.count)
    }

    /// The most bytes that an allocation of so many can use without taking more.
    static func usable(of bytes: Int) -> Int { allocation(of: bytes) - 8 }

    /// One allocation: the allocator's own word, and rounding up to sixteen bytes, as glibc does.
    static func allocation(of bytes: Int) -> Int { (bytes + 8 + 15) & ~15 }
}
