/// Reads JSON strictly as RFC 8259 defines it, remembering where each value stands.
///
/// Comments, trailing commas, a byte-order mark and values nested deeper than ``maximumDepth`` are refused.
struct JSONScanner {
    static let maximumDepth = 128

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The one value that the whole text holds.
    static func scan(_ bytes: [UInt8]) throws(JSONError) -> JSONNode {
        var scanner = JSONScanner(bytes)
        if bytes.isEmpty { throw scanner.error("the text is empty") }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
            throw scanner.error("it starts with a byte-order mark; save it without one")
        }
        scanner.skipSpace()
        let node = try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.position == bytes.count else { throw scanner.error("there is more after the end of the value") }
        return node
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONNode {
        guard depth < JSONScanner.maximumDepth else {
            throw error("values are nested deeper than \(JSONScanner.maximumDepth) levels")
        }
        let start = position
        let value: JSONNode.Value
        switch peek {
        case UInt8(ascii: "{"): value = try object(depth: depth)
        case UInt8(ascii: "["): value = try array(depth: depth)
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "t"): value = try word("true", .boolean(true))
        case UInt8(ascii: "f"): value = try word("false", .boolean(false))
        case UInt8(ascii: "n"): value = try word("null", .null)
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): value = .number(try number())
        case nil: throw error("the text ends where a value should stand")
        default: throw error("a value should stand here")
        }
        return JSONNode(value: value, span: start..<position)
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONNode.Value {
        position += 1
        skipSpace()
        var members: [JSONMember] = []
        if take("}") { return .object(members) }
        while true {
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw error("a key in double quotes should stand here") }
            let key = try string()
            let keySpan = start..<position
            skipSpace()
            guard take(":") else { throw error("a colon should stand here") }
            skipSpace()
            members.append(JSONMember(key: key, keySpan: keySpan, value: try value(depth: depth + 1)))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw error("a comma or a closing brace should stand here") }
            skipSpace()
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONNode.Value {
        position += 1
        skipSpace()
        if take("]") { return .array }
        while true {
            _ = try value(depth: depth + 1)
            skipSpace()
            if take("]") { return .array }
            guard take(",") else { throw error("a comma or a closing bracket should stand here") }
            skipSpace()
        }
    }

    private mutating func word(_ word: String, _ value: JSONNode.Value) throws(JSONError) -> JSONNode.Value {
        guard bytes[position...].starts(with: word.utf8) else { throw error("a value should stand here") }
        position += word.utf8.count
        return value
    }
}

// MARK: - Numbers and strings

extension JSONScanner {
    private mutating func number() throws(JSONError) -> Double {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            throw error("a number should stand here")
        }
        return number
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw error("a digit should stand here") }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                position -= 1
                throw error("a control character stands in a string; write it as an escape")
            default: text.append(byte)
            }
        }
        throw error("the text ends within a string")
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = peek else { throw error("the text ends within a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default:
            position -= 1
            throw error("an unknown escape stands in a string")
        }
    }

    /// The scalar of `\uXXXX` or of a pair of them; half a pair alone is U+FFFD, as the grammar allows it.
    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let unit = try fourHexDigits()
        guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) ?? "\u{fffd}" }
        let afterLead = position
        guard take("\\"), take("u") else {
            position = afterLead
            return "\u{fffd}"
        }
        let trail = try fourHexDigits()
        guard UTF16.isTrailSurrogate(trail) else {
            position = afterLead
            return "\u{fffd}"
        }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt16 {
        var number: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits should stand here")
            }
            number = number << 4 | UInt16(digit)
            position += 1
        }
        return number
    }
}

// MARK: - Bytes

extension JSONScanner {
    private var peek: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private func error(_ reason: String) -> JSONError {
        let before = bytes[..<position]
        let line = before.count { $0 == 0x0a } + 1
        let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        return .syntax(line: line, column: position - lineStart + 1, reason: reason)
    }
}
