/// The units of one log in one allocation: their times, next to what tells where they begin and end.
///
/// An acceptance writes here and nowhere else, so that processors that take turns on an identity hand over few lines of
/// their caches. Not managed: ``SlidingLog`` owns it and gives it back.
struct UnitStorage: Equatable {
    struct Header {
        /// The time that the units count from, in milliseconds since the epoch.
        var base: Int64
        /// Units before this one are dead.
        var head: Int32
        /// The dead included.
        var count: Int32
        let capacity: Int32
    }

    private static let unit = MemoryLayout<UInt32>.stride
    private let header: UnsafeMutablePointer<Header>

    /// Allocates a storage without units, with room for as many or a few more: as many as fit what the allocator gives.
    init(base: Int64, minimumCapacity: Int) {
        let overhead = MemoryLayout<Header>.size
        let bytes = HeapBytes.usable(of: overhead + minimumCapacity * Self.unit)
        header = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: MemoryLayout<Header>.alignment)
            .bindMemory(to: Header.self, capacity: 1)
        header.initialize(
            to: Header(base: base, head: 0, count: 0, capacity: Int32((bytes - overhead) / Self.unit)))
    }

    func deallocate() { UnsafeMutableRawPointer(header).deallocate() }

    var base: Int64 { header.pointee.base }
    var count: Int { Int(header.pointee.count) }
    var capacity: Int { Int(header.pointee.capacity) }

    /// The oldest unit that still counts.
    var head: Int {
        get { Int(header.pointee.head) }
        nonmutating set { header.pointee.head = Int32(newValue) }
    }

    /// Bytes on the heap.
    var heapBytes: Int { HeapBytes.allocation(of: MemoryLayout<Header>.size + capacity * Self.unit) }

    private var offsets: UnsafeMutablePointer<UInt32> {
        (UnsafeMutableRawPointer(header) + MemoryLayout<Header>.size).assumingMemoryBound(to: UInt32.self)
    }

    /// The units, valid until the next change.
    var units: LoggedUnits {
        LoggedUnits(base: base, offsets: UnsafeBufferPointer(start: offsets, count: count), head: head)
    }

    /// Appends units of one time; there must be room.
    func append(_ units: Int, at time: Int64) {
        (offsets + count).update(repeating: UInt32(time - base), count: units)
        header.pointee.count += Int32(units)
    }

    /// Drops all units, and counts from another time.
    func restart(at base: Int64) {
        header.pointee.base = base
        header.pointee.head = 0
        header.pointee.count = 0
    }

    /// Copies the living units before an index to a storage of the same base, if there are any.
    func copy(to other: UnitStorage, before end: Int) {
        guard end > head else { return }
        other.offsets.update(from: offsets + head, count: end - head)
        other.header.pointee.count = Int32(end - head)
    }

    /// Copies the living units.
    ///
    /// - Parameters:
    ///   - other: Where to, in place of what it holds; it must have room, and may be this one.
    ///   - shift: Milliseconds by which the base moves on, no more than the oldest living unit's offset.
    func copy(to other: UnitStorage, shift: UInt32) {
        let (base, living) = (base, count - head)
        other.offsets.update(from: offsets + head, count: living)
        if shift > 0 { for index in 0..<living { other.offsets[index] -= shift } }
        other.restart(at: base + Int64(shift))
        other.header.pointee.count = Int32(living)
    }
}

/// The living units of a log, lent for one decision.
struct LoggedUnits {
    /// How one window stands: its units are those from `first` on.
    struct WindowUse {
        let first: Int
        let used: Int
    }

    /// The time that the offsets count from, in milliseconds since the epoch.
    let base: Int64
    /// Milliseconds after `base`, never falling.
    let offsets: UnsafeBufferPointer<UInt32>
    /// The first living one.
    let head: Int

    static var none: LoggedUnits { LoggedUnits(base: 0, offsets: UnsafeBufferPointer(start: nil, count: 0), head: 0) }

    /// The time of the newest unit; the earliest of all times if there is none.
    var newest: Int64 { offsets.isEmpty ? .min : time(at: offsets.count - 1) }

    func windowUse(in window: Window, at now: Int64) -> WindowUse {
        let first = firstIndex(after: now - window.durationMilliseconds, likely: offsets.count - window.limit)
        return WindowUse(first: first, used: offsets.count - first)
    }

    /// The instant at which the cost fits the window; `nil` if it fits already.
    func fits(_ cost: Int, _ windowUse: WindowUse, _ window: Window) -> Int64? {
        let room = window.limit - cost
        guard windowUse.used > room else { return nil }
        // The newest `room` units may stay; the one before them must leave.
        return time(at: offsets.count - 1 - room) + window.durationMilliseconds
    }

    /// The earliest instant at which the remaining units grow; `now` if none are used.
    func reset(_ windowUse: WindowUse, _ window: Window, at now: Int64) -> Int64 {
        guard windowUse.used > 0 else { return now }
        // Where a lowered limit is overdrawn, remaining grows only once the excess has left.
        return time(at: windowUse.first + max(0, windowUse.used - window.limit)) + window.durationMilliseconds
    }

    /// The index of the oldest unit later than `time`.
    ///
    /// - Parameter likely: An index before which units are seldom later; a guess that only costs time where it is
    ///   wrong.
    func firstIndex(after time: Int64, likely: Int = 0) -> Int {
        let offset = time - base
        var high = offsets.count
        var low = head
        guard offset >= 0, low < high else { return low }
        guard offset < Int64(UInt32.max) else { return high }
        let bound = UInt32(offset)
        if offsets[high - 1] <= bound { return high }
        if offsets[low] > bound { return low }
        if likely - 1 > low {
            if offsets[likely - 1] <= bound { low = likely } else { high = likely - 1 }
        }
        while low < high {
            let middle = low + (high - low) / 2
            if offsets[middle] > bound { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func time(at index: Int) -> Int64 { base + Int64(offsets[index]) }
}
