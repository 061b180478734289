@testable import RedisLimiting

/// RESP2 written and read once more, on its own and with nothing of hiredis, to compare with.
enum RESP {
    /// A reply as a server writes it.
    static func bytes(of reply: RedisReply) -> [UInt8] {
        switch reply {
        case .status(let text): line("+", text)
        case .error(let text): line("-", text)
        case .integer(let number): line(":", String(number))
        case .null: line("$", "-1")
        case .bulk(let bytes): line("$", String(bytes.count)) + bytes + line("", "")
        case .array(let elements): elements.reduce(into: line("*", String(elements.count))) { $0 += bytes(of: $1) }
        }
    }

    private static func line(_ kind: String, _ text: String) -> [UInt8] { Array("\(kind)\(text)\r\n".utf8) }

    /// Takes the first command off the front: an array of bulk strings; `nil` if the bytes hold no whole one.
    static func takeCommand(from bytes: inout ArraySlice<UInt8>) -> [[UInt8]]? {
        var rest = bytes
        guard let count = takeNumber("*", from: &rest), count > 0 else { return nil }
        var words: [[UInt8]] = []
        for _ in 0..<count {
            guard let length = takeNumber("$", from: &rest), length >= 0, rest.count >= length + 2 else { return nil }
            words.append(Array(rest.prefix(length)))
            guard rest.dropFirst(length).starts(with: [13, 10]) else { return nil }
            rest = rest.dropFirst(length + 2)
        }
        bytes = rest
        return words
    }

    private static func takeNumber(_ kind: Unicode.Scalar, from bytes: inout ArraySlice<UInt8>) -> Int? {
        guard bytes.first == UInt8(ascii: kind), let end = bytes.firstIndex(of: 13),
            bytes[end...].starts(with: [13, 10])
        else { return nil }
        defer { bytes = bytes[end...].dropFirst(2) }
        return Int(String(decoding: bytes[..<end].dropFirst(), as: UTF8.self))
    }
}
