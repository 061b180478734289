/// A command for Redis: its words as bytes, one after the other.
package struct RedisCommand: Equatable, Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each word ends within `bytes`.
    private(set) var ends: [Int] = []

    package init(_ words: String...) {
        for word in words { append(word) }
    }

    package mutating func append(_ word: String) {
        bytes.append(contentsOf: word.utf8)
        ends.append(bytes.count)
    }

    package mutating func append(_ word: [UInt8]) {
        bytes.append(contentsOf: word)
        ends.append(bytes.count)
    }

    /// Appends a whole number in decimal digits.
    package mutating func append(_ number: Int64) {
        append(String(number))
    }

    /// Appends a word that the closure writes to the end of the bytes it is given.
    mutating func appendWord(writtenBy write: (inout [UInt8]) -> Void) {
        write(&bytes)
        ends.append(bytes.count)
    }

    /// Makes room, so that appending does not move the bytes again and again.
    mutating func reserve(bytes byteCount: Int, words: Int) {
        bytes.reserveCapacity(byteCount)
        ends.reserveCapacity(words)
    }
}

extension RedisCommand {
    /// The words, one by one.
    package var words: [[UInt8]] {
        var start = 0
        return ends.map { end in
            defer { start = end }
            return Array(bytes[start..<end])
        }
    }
}
