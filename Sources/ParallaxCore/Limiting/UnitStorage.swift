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
