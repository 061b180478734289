import NIOCore

/// Tells whether bytes that arrive in pieces are valid UTF-8 so far.
///
/// The decoder puts U+FFFD in place of what is not UTF-8, and that character is a valid one too: only the bytes tell.
struct UTF8Watch {
    /// The beginning of a character whose rest has not arrived.
    private var unfinished: [UInt8] = []
    private(set) var isValid = true

    mutating func read(_ bytes: ByteBuffer) {
        let isASCII = unfinished.isEmpty && bytes.withUnsafeReadableBytes(Self.isASCII)
        guard isValid, !isASCII else { return }
        var text = unfinished + Array(bytes.readableBytesView)
        unfinished = Self.unfinishedEnd(of: text)
        text.removeLast(unfinished.count)
        isValid = String(validating: text, as: UTF8.self) != nil
    }

    /// Eight bytes at a time: nearly all requests are ASCII, and every one is looked at.
    private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let words = bytes.count / 8
        var bits: UInt64 = 0
        for index in 0..<words { bits |= bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        for index in (words * 8)..<bytes.count { bits |= UInt64(bytes[index]) }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    /// The bytes at the end that could be the beginning of a character.
    private static func unfinishedEnd(of bytes: [UInt8]) -> [UInt8] {
        for count in 1...3 where bytes.count >= count {
            let byte = bytes[bytes.count - count]
            let length =
                switch byte {
                case 0xc0..<0xe0: 2
                case 0xe0..<0xf0: 3
                case 0xf0...: 4
                default: 1
                }
            if length > count { return Array(bytes.suffix(count)) }
            // Any other byte than one within a character ends the search.
            if byte & 0xc0 != 0x80 { break }
        }
        return []
    }
}
