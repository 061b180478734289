/// One shard of an ``IdentityTable``: entries by place, an index to find them, and the order of their last use.
struct IdentityTableShard<Value: TableValue>: Sendable {
    private struct Entry {
        var identity: Identity
        var value = Value()
        /// Bytes on the heap that were last counted for the value and the identity.
        var heapBytes = 0
    }

    /// An eviction remembered: one a place, the later overwrites the earlier.
    private struct Eviction {
        let hash: Int
        let time: Timestamp
    }

    private static var rememberedEvictions: Int { 256 }

    private let bounds: MemoryBounds
    private var entries: [Entry] = []
    private var index = IdentityIndex()
    private var recency = RecencyList()
    /// Places of entries whose identity was forgotten.
    private var free: [Int] = []
    private var evictions: [Eviction?] = []
    /// Bytes of entries and identities on the heap, without the shard's own arrays.
    private var contentBytes = 0
    private var evicted = 0

    init(bounds: MemoryBounds) {
        self.bounds = bounds
    }

    var occupancy: MemoryOccupancy {
        MemoryOccupancy(identities: entries.count - free.count, bytes: bytes, evictions: evicted)
    }

    mutating func withValue<Result>(
        of identity: Identity, at now: Timestamp, _ body: (inout Value) -> Result
    ) -> Result {
        let place: Int
        if let known = find(identity) {
            place = known
            recency.touch(place)
        } else {
            place = insert(identity, at: now)
        }
        let result = body(&entries[place].value)
        let heapBytes = identity.heapBytes + entries[place].value.heapBytes
        if heapBytes != entries[place].heapBytes {
            contentBytes += heapBytes - entries[place].heapBytes
            entries[place].heapBytes = heapBytes
            while bytes > bounds.bytes, let oldest = recency.oldestPlace, oldest != place { evict(oldest, at: now) }
        }
        return result
    }

    func peek<Result>(at identity: Identity, _ body: (Value) -> Result) -> Result? {
        find(identity).map { body(entries[$0].value) }
    }

    mutating func remove(_ identity: Identity) -> Bool {
        guard let place = find(identity) else { return false }
        release(place)
        return true
    }

    /// Forgets everybody; evictions before stay remembered.
    mutating func removeAll() {
        entries = []
        free = []
        index = IdentityIndex()
        recency = RecencyList()
        contentBytes = 0
    }

    func lastEviction(of identity: Identity) -> Timestamp? {
        guard !evictions.isEmpty, let eviction = evictions[Self.evictionPlace(identity.hash)],
            eviction.hash == identity.hash
        else { return nil }
        return eviction.time
    }

    private func find(_ identity: Identity) -> Int? {
        entries.withUnsafeBufferPointer { entries in
            index.place(tag: Self.tag(identity)) { entries[$0].identity == identity }
        }
    }

    private mutating func insert(_ identity: Identity, at now: Timestamp) -> Int {
        makeRoom(at: now)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = Entry(identity: identity)
        } else {
            place = entries.count
            entries.append(Entry(identity: identity))
        }
        index.insert(tag: Self.tag(identity), place: place)
        recency.insert(place)
        return place
    }

    private mutating func release(_ place: Int) {
        index.remove(tag: Self.tag(entries[place].identity), place: place)
        recency.remove(place)
        contentBytes -= entries[place].heapBytes
        entries[place] = Entry(identity: .nobody)
        free.append(place)
    }
}

// MARK: Bounds
extension IdentityTableShard {
    private var bytes: Int { contentBytes + index.heapBytes + Self.heapBytes(places: entries.capacity) }

    /// Lets the least recently used go where one more identity would not fit.
    private mutating func makeRoom(at now: Timestamp) {
        while entries.count - free.count >= bounds.identities || bytesAfterInsertion > bounds.bytes,
            let oldest = recency.oldestPlace
        {
            evict(oldest, at: now)
        }
    }

    private var bytesAfterInsertion: Int {
        let isFull = free.isEmpty && entries.count == entries.capacity
        let places = isFull ? max(4, entries.capacity * 2) : entries.capacity
        return contentBytes + index.heapBytesAfterInsertion + Self.heapBytes(places: places)
    }

    private mutating func evict(_ place: Int, at now: Timestamp) {
        if evictions.isEmpty { evictions = Array(repeating: nil, count: Self.rememberedEvictions) }
        let hash = entries[place].identity.hash
        evictions[Self.evictionPlace(hash)] = Eviction(hash: hash, time: now)
        evicted += 1
        release(place)
    }

    /// What the shard's arrays take for so many places: entries, links, and the list of free places.
    private static func heapBytes(places: Int) -> Int {
        HeapBytes.array(of: places, stride: MemoryLayout<Entry>.stride) + RecencyList.heapBytes(places: places)
            + HeapBytes.array(of: places, stride: MemoryLayout<Int>.stride)
    }

    private static func tag(_ identity: Identity) -> UInt32 { UInt32(truncatingIfNeeded: identity.hash) }

    private static func evictionPlace(_ hash: Int) -> Int {
        Int(truncatingIfNeeded: UInt(bitPattern: hash) >> 32) & (rememberedEvictions - 1)
    }
}
