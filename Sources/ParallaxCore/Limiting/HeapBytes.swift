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
