import BasicContainers

/// One shard of an ``IdentityTable``: entries by place, an index to find them, and a hand that looks for one to let go.
///
/// The hand goes round the places and lets go the identity that was not used again since it came or since the hand last
/// passed: the least recently used, as nearly as one bit an identity can tell. A use writes to no entry but its own,
/// and strangers that come once push each other out before those that come again.
/// Source: Corbató, A Paging Experiment with the Multics System (1968), known as CLOCK.
struct IdentityTableShard<Value: TableValue & ~Copyable>: ~Copyable, Sendable {
    private enum Use: UInt8 {
        /// No one's place.
        case free
        /// Not used since it came, or since the hand passed.
        case idle
        case recent
    }

    private struct Entry: ~Copyable {
        var identity: Identity
        var value = Value()
        /// Bytes on the heap that were last counted for the value; the identity's are counted besides.
        var heapBytes: UInt32 = 0
        var use = Use.idle
    }

    /// An eviction remembered: one a place, the later overwrites the earlier.
    private struct Eviction {
        let hash: Int
        let time: Timestamp
        /// When the last one was noted here that this one overwrote.
        let overwritten: Timestamp?
    }

    private static var rememberedEvictions: Int { 256 }

    private let bounds: MemoryBounds
    private var entries = UniqueArray<Entry>()
    private var index = IdentityIndex()
    /// Places of entries whose identity was forgotten.
    private var free: [Int] = []
    /// The place that was looked at last for an identity to let go.
    private var hand = 0
    private var evictions: [Eviction?] = []
    /// Bytes of values and identities on the heap, without the shard's own arrays.
    private var contentBytes = 0
    private var evicted = 0

    init(bounds: MemoryBounds) {
        self.bounds = bounds
    }

    var occupancy: MemoryOccupancy {
        MemoryOccupancy(identities: count, bytes: bytes, evictions: evicted)
    }

    @inline(__always)
    mutating func withValue<Result>(
        of identity: Identity, at now: Timestamp, _ body: (inout Value) -> Result
    ) -> Result {
        var place = find(identity)
        if place < 0 {
            place = insert(identity, at: now)
        } else if entries[place].use != .recent {
            // Written only if it changes: other processors may hold the entry in their caches.
            entries[place].use = .recent
        }
        let result = body(&entries[place].value)
        let heapBytes = UInt32(entries[place].value.heapBytes)
        if heapBytes != entries[place].heapBytes { note(heapBytes, of: place, at: now) }
        return result
    }

    func peek<Result>(at identity: Identity, _ body: (borrowing Value) -> Result) -> Result? {
        let place = find(identity)
        return place < 0 ? nil : body(entries[place].value)
    }

    mutating func remove(_ identity: Identity) -> Bool {
        let place = find(identity)
        if place >= 0 { release(place) }
        return place >= 0
    }

    /// Forgets the identities of a scope in so many places from one on.
    ///
    /// - Returns: How many there were, and the place to go on from; `nil` after the last.
    mutating func remove(_ scope: ResetScope, from start: Int, places: Int) -> (count: Int, next: Int?) {
        guard start < entries.count else { return (0, nil) }
        let end = min(entries.count, start + places)
        var count = 0
        for place in start..<end where entries[place].use != .free && scope.contains(entries[place].identity) {
            release(place)
            count += 1
        }
        return (count, end < entries.count ? end : nil)
    }

    /// Forgets all identities; earlier evictions stay counted.
    mutating func removeAll() {
        entries = UniqueArray()
        index = IdentityIndex()
        free = []
        hand = 0
        contentBytes = 0
    }

    func lastEviction(of identity: Identity) -> Timestamp? {
        guard !evictions.isEmpty, let eviction = evictions[Self.evictionPlace(identity.hash)] else { return nil }
        return eviction.hash == identity.hash ? eviction.time : eviction.overwritten
    }
}

// MARK: Places
extension IdentityTableShard where Value: ~Copyable {
    private static func tag(_ identity: Identity) -> UInt32 { UInt32(truncatingIfNeeded: identity.hash) }

    private var count: Int { entries.count - free.count }

    /// The identity's place; negative if it has none.
    private func find(_ identity: Identity) -> Int {
        index.place(tag: Self.tag(identity)) { entries[$0].identity == identity }
    }

    private mutating func insert(_ identity: Identity, at now: Timestamp) -> Int {
        makeRoom(at: now)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = Entry(identity: identity)
        } else {
            place = entries.count
            if place == entries.capacity { entries.reserveCapacity(grownCapacity) }
            entries.append(Entry(identity: identity))
        }
        index.insert(tag: Self.tag(identity), place: place)
        contentBytes += identity.heapBytes
        return place
    }

    private mutating func release(_ place: Int) {
        index.remove(tag: Self.tag(entries[place].identity), place: place)
        contentBytes -= entries[place].identity.heapBytes + Int(entries[place].heapBytes)
        entries[place] = Entry(identity: .placeholder, use: .free)
        free.append(place)
    }

    private var grownCapacity: Int { max(4, entries.capacity * 2) }
}

// MARK: Bounds
extension IdentityTableShard where Value: ~Copyable {
    private var bytes: Int { contentBytes + index.heapBytes + Self.heapBytes(places: entries.capacity) }

    private var bytesAfterInsertion: Int {
        let isFull = free.isEmpty && entries.count == entries.capacity
        return contentBytes + index.heapBytesAfterInsertion
            + Self.heapBytes(places: isFull ? grownCapacity : entries.capacity)
    }

    /// What the shard's arrays take for so many places: entries, and the list of free places.
    private static func heapBytes(places: Int) -> Int {
        guard places > 0 else { return 0 }
        return HeapBytes.allocation(of: places * MemoryLayout<Entry>.stride)
            + HeapBytes.array(of: places, stride: MemoryLayout<Int>.stride)
    }

    /// Notes what a value takes now, and lets others go where that is too much for all.
    private mutating func note(_ heapBytes: UInt32, of place: Int, at now: Timestamp) {
        contentBytes += Int(heapBytes) - Int(entries[place].heapBytes)
        entries[place].heapBytes = heapBytes
        while bytes > bounds.bytes, count > 1 { evict(leastRecentlyUsed(besides: place), at: now) }
    }

    /// Lets the least recently used go if one more identity would not fit.
    private mutating func makeRoom(at now: Timestamp) {
        while count > 0, count >= bounds.identities || bytesAfterInsertion > bounds.bytes {
            evict(leastRecentlyUsed(), at: now)
        }
    }

    /// Moves the hand to an identity that may go. There must be one.
    private mutating func leastRecentlyUsed(besides spared: Int? = nil) -> Int {
        while true {
            hand = hand + 1 < entries.count ? hand + 1 : 0
            if hand == spared { continue }
            switch entries[hand].use {
            case .free: continue
            case .idle: return hand
            case .recent: entries[hand].use = .idle
            }
        }
    }

    private mutating func evict(_ entry: Int, at now: Timestamp) {
        if evictions.isEmpty { evictions = Array(repeating: nil, count: Self.rememberedEvictions) }
        let hash = entries[entry].identity.hash
        let place = Self.evictionPlace(hash)
        evictions[place] = Eviction(hash: hash, time: now, overwritten: evictions[place]?.time)
        evicted += 1
        release(entry)
    }

    private static func evictionPlace(_ hash: Int) -> Int {
        Int(truncatingIfNeeded: UInt(bitPattern: hash) >> 32) & (rememberedEvictions - 1)
    }
}
