/// FNV-1a in 64 bits: a hash that is the same in every process, release and language.
///
/// Source: Fowler, Noll, Vo; IETF draft-eastlake-fnv. Not for secrets, and not for tables that strangers fill.
package struct StableHash: Sendable {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// Adds a string's UTF-8 bytes and a byte that UTF-8 never holds, so that neighbours cannot run together.
    package mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte: byte) }
        combine(byte: 0xff)
    }

    /// Adds eight bytes, the lowest first.
    package mutating func combine(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            combine(byte: UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    private mutating func combine(byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
}
