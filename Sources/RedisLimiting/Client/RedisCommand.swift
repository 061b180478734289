import CHiredis

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

/// One answer of Redis in RESP2.
///
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
package enum RedisReply: Equatable, Sendable {
    case status(String)
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case array([RedisReply])
    case null
}

extension RedisReply {
    var isError: Bool {
        if case .error = self { true } else { false }
    }

    /// The text of a status or a bulk string; `nil` for anything else and for bytes that are not valid UTF-8.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }
}

/// Writes commands in RESP2 with hiredis.
enum CommandFormatter {
    /// Formats a command and lends its bytes to the closure.
    ///
    /// - Precondition: The command has at least one word.
    static func withFormattedBytes<Result>(
        of command: RedisCommand, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        precondition(!command.ends.isEmpty, "a command needs at least one word")
        var target: UnsafeMutablePointer<CChar>?
        let count = command.bytes.withUnsafeBytes { bytes in
            format(bytes.bindMemory(to: CChar.self), ends: command.ends, into: &target)
        }
        guard count >= 0, let target else { preconditionFailure("no memory to format a command for Redis") }
        defer { redisFreeCommand(target) }
        return body(UnsafeRawBufferPointer(start: target, count: Int(count)))
    }

    private static func format(
        _ bytes: UnsafeBufferPointer<CChar>, ends: [Int], into target: inout UnsafeMutablePointer<CChar>?
    ) -> Int32 {
        withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: ends.count) { words in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: ends.count) { lengths in
                var start = 0
                for (index, end) in ends.enumerated() {
                    words[index] = bytes.baseAddress.map { $0 + start }
                    lengths[index] = end - start
                    start = end
                }
                return lengths.withMemoryRebound(to: size_t.self) { lengths in
                    redisFormatCommandArgv(&target, Int32(ends.count), words.baseAddress, lengths.baseAddress)
                }
            }
        }
    }
}
