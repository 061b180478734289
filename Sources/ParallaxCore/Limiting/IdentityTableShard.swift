/// One shard of an ``IdentityTable``: entries in a list from the most to the least recently used.
struct IdentityTableShard<Value: TableValue>: Sendable {
    private struct Entry {
        let identity: Identity
        /// `nil` in a free place.
        var value: Value?
        var bytes: Int
        var newer: Int
        var older: Int
    }

    /// An eviction remembered: one a place, the later overwrites the earlier.
    private struct Eviction {
        let hash: Int
        let time: Timestamp
    }

    /// What an entry takes beside its value's heap and its strings: itself, its place in the dictionary and slack.
    private static var entryBytes: Int { MemoryLayout<Entry>.stride + 64 }
    private static var rememberedEvictions: Int { 256 }
    private static var none: Int { -1 }

    private let bounds: MemoryBounds
    private var places: [Identity: Int] = [:]
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var newest = Self.none
    private var oldest = Self.none
    private var evictions: [Eviction?] = []
    private(set) var occupancy = MemoryOccupancy()

    init(bounds: MemoryBounds) {
        self.bounds = bounds
    }

    mutating func withValue<Result>(
        of identity: Identity, at now: Timestamp, _ body: (inout Value) -> Result
    ) -> Result {
        let place: Int
        if let known = places[identity] {
            place = known
            if place != newest {
                unlink(place)
                linkAsNewest(place)
            }
        } else {
            place = insert(identity, Value())
        }
        let result = body(&entries[place].value!)
        let bytes = Self.entryBytes + Self.heapBytes(of: identity) + entries[place].value!.heapBytes
        occupancy.bytes += bytes - entries[place].bytes
        entries[place].bytes = bytes
        evict(sparing: place, at: now)
        return result
    }

    func peek<Result>(at identity: Identity, _ body: (Value) -> Result) -> Result? {
        places[identity].map { body(entries[$0].value!) }
    }

    mutating func remove(_ identity: Identity) -> Bool {
        guard let place = places[identity] else { return false }
        release(place)
        return true
    }

    mutating func removeAll() {
        places = [:]
        entries = []
        free = []
        newest = Self.none
        oldest = Self.none
        occupancy.identities = 0
        occupancy.bytes = 0
    }

    func lastEviction(hash: Int) -> Timestamp? {
        guard !evictions.isEmpty, let eviction = evictions[Self.evictionPlace(hash)], eviction.hash == hash else {
            return nil
        }
        return eviction.time
    }

    private mutating func evict(sparing place: Int, at now: Timestamp) {
        while occupancy.identities > bounds.identities || occupancy.bytes > bounds.bytes, oldest != place {
            let hash = entries[oldest].identity.hashValue
            if evictions.isEmpty { evictions = Array(repeating: nil, count: Self.rememberedEvictions) }
            evictions[Self.evictionPlace(hash)] = Eviction(hash: hash, time: now)
            occupancy.evictions += 1
            release(oldest)
        }
    }

    private mutating func insert(_ identity: Identity, _ value: Value) -> Int {
        let entry = Entry(identity: identity, value: value, bytes: 0, newer: Self.none, older: Self.none)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        places[identity] = place
        occupancy.identities += 1
        linkAsNewest(place)
        return place
    }

    private mutating func release(_ place: Int) {
        unlink(place)
        places[entries[place].identity] = nil
        occupancy.identities -= 1
        occupancy.bytes -= entries[place].bytes
        entries[place].value = nil
        entries[place].bytes = 0
        free.append(place)
    }

    private mutating func linkAsNewest(_ place: Int) {
        entries[place].newer = Self.none
        entries[place].older = newest
        if newest != Self.none { entries[newest].newer = place }
        newest = place
        if oldest == Self.none { oldest = place }
    }

    private mutating func unlink(_ place: Int) {
        let newer = entries[place].newer
        let older = entries[place].older
        if newer == Self.none { newest = older } else { entries[newer].older = older }
        if older == Self.none { oldest = newer } else { entries[older].newer = newer }
    }

    private static func evictionPlace(_ hash: Int) -> Int {
        Int(truncatingIfNeeded: UInt(bitPattern: hash) >> 32) & (rememberedEvictions - 1)
    }

    /// The strings of an identity; up to fifteen bytes are held without the heap.
    private static func heapBytes(of identity: Identity) -> Int {
        heapBytes(of: identity.organization) + heapBytes(of: identity.identifier)
    }

    private static func heapBytes(of text: String) -> Int { text.utf8.count > 15 ? 32 + text.utf8.count : 0 }
}
