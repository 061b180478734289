/// Finds the place of an identity by its hash: open addressing with linear probing, eight bytes a slot.
///
/// A slot holds 32 bits of the hash next to the place, so that a probe looks at no identity but the right one. Kept
/// small rather than sparse: eight slots share a line of the processor's caches, and one decision reads one line.
/// Source: Knuth, The Art of Computer Programming 3, 6.4, algorithms L and R (deletion without marks).
struct IdentityIndex: Sendable {
    /// The tag in the upper half, the place plus one in the lower; 0 if empty.
    private var slots: [UInt64] = Array(repeating: 0, count: 8)
    private var count = 0

    /// Bytes on the heap.
    var heapBytes: Int { Self.heapBytes(slots: slots.count) }

    /// Bytes on the heap after one more insertion.
    var heapBytesAfterInsertion: Int { Self.heapBytes(slots: isFull ? slots.count * 2 : slots.count) }

    /// The place noted under the tag for which the closure says yes; negative if there is none.
    @inline(__always)
    func place(tag: UInt32, _ isWanted: (Int) -> Bool) -> Int {
        slots.withUnsafeBufferPointer { slots in
            var index = Int(tag) & (slots.count - 1)
            while slots[index] != 0 {
                if Self.tag(slots[index]) == tag, isWanted(Self.place(slots[index])) { return Self.place(slots[index]) }
                index = (index + 1) & (slots.count - 1)
            }
            return -1
        }
    }

    mutating func insert(tag: UInt32, place: Int) {
        if isFull { grow() }
        put(UInt64(tag) << 32 | UInt64(place + 1))
        count += 1
    }

    /// Removes the place noted under the tag, which must be there.
    mutating func remove(tag: UInt32, place: Int) {
        var hole = Int(tag) & mask
        while Self.place(slots[hole]) != place { hole = (hole + 1) & mask }
        count -= 1
        // What was pushed past the hole by others moves back into it, so that no probe ends too early.
        var index = hole
        while true {
            slots[hole] = 0
            repeat {
                index = (index + 1) & mask
                if slots[index] == 0 { return }
            } while distance(from: Int(Self.tag(slots[index])) & mask, to: index) < distance(from: hole, to: index)
            slots[hole] = slots[index]
            hole = index
        }
    }

    private var mask: Int { slots.count - 1 }
    private var isFull: Bool { (count + 1) * 8 > slots.count * 7 }

    private func distance(from home: Int, to index: Int) -> Int { (index - home) & mask }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 { put(slot) }
    }

    private mutating func put(_ slot: UInt64) {
        var index = Int(Self.tag(slot)) & mask
        while slots[index] != 0 { index = (index + 1) & mask }
        slots[index] = slot
    }

    private static func tag(_ slot: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: slot >> 32) }
    private static func place(_ slot: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: slot)) - 1 }
    private static func heapBytes(slots: Int) -> Int { HeapBytes.array(of: slots, stride: MemoryLayout<UInt64>.stride) }
}
