import Foundation

/// Cuts chunks of bytes into lines, holding no more than one chunk and one line at a time.
struct LineBuffer {
    enum Line: Equatable {
        /// The bytes of a line without its end (`\n` or `\r\n`).
        case whole(Range<Int>)
        /// The first bytes of a line beyond the maximum; the rest of it is passed over.
        case tooLong(Range<Int>)
    }

    /// The longest line that is looked at, in bytes.
    static let maximumLineBytes = 65_536

    private(set) var bytes: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    /// Up to where the bytes are known to hold no line end.
    private var searched = 0
    private var isPassingOver = false

    /// Adds a chunk. Ranges of lines given before lose their meaning.
    mutating func append(_ chunk: [UInt8]) {
        bytes.removeSubrange(0..<start)
        searched -= start
        start = 0
        bytes.append(contentsOf: chunk)
    }

    /// The next line whose end has come; `nil` until more bytes do.
    mutating func next() -> Line? {
        while let end = nextLineEnd() {
            defer { (start, searched) = (end + 1, end + 1) }
            guard !isPassingOver else {
                isPassingOver = false
                continue
            }
            return line(upTo: end)
        }
        searched = bytes.count
        if isPassingOver {
            start = bytes.count
            return nil
        }
        guard bytes.count - start > LineBuffer.maximumLineBytes else { return nil }
        isPassingOver = true
        defer { start = bytes.count }
        return .tooLong(start..<start + LineBuffer.maximumLineBytes)
    }

    /// The bytes after the last line end, once nothing more comes.
    mutating func last() -> Line? {
        defer { (start, searched) = (bytes.count, bytes.count) }
        return isPassingOver || start == bytes.count ? nil : line(upTo: bytes.count)
    }

    private func line(upTo end: Int) -> Line {
        guard end - start <= LineBuffer.maximumLineBytes else {
            return .tooLong(start..<start + LineBuffer.maximumLineBytes)
        }
        let hasReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
        return .whole(start..<(hasReturn ? end - 1 : end))
    }

    private func nextLineEnd() -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard searched < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + searched, Int32(UInt8(ascii: "\n")), buffer.count - searched)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
