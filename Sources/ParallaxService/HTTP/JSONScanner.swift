/// Reads JSON token by token from bytes that it does not own, strictly by RFC 8259.
///
/// Foundation's decoder costs several times as much as all the rest of a check does.
struct JSONScanner {
    /// How deeply lists and objects may nest in values that are skipped.
    static let maximumDepth = 32

    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position = 0

    /// - Parameter bytes: Must stay valid as long as the scanner is used.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// The byte at the position; `nil` at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func fault(_ reason: JSONFault.Reason) -> JSONFault {
        JSONFault(reason: reason, offset: position)
    }

    /// The fault of a byte that does not fit, or of there being none.
    func surprise() -> JSONFault { fault(next == nil ? .ended : .unexpected) }

    mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    /// Steps over a byte if it is the next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func expect(_ byte: UInt8) throws(JSONFault) {
        guard take(byte) else { throw surprise() }
    }

    mutating func expect(word: StaticString) throws(JSONFault) {
        for index in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[index]) }
    }

    /// The bytes of a number, checked for JSON's form: no leading zeros, digits around the point.
    mutating func number() throws(JSONFault) -> (text: String, isInteger: Bool) {
        let start = position
        var isInteger = true
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return (String(decoding: bytes[start..<position], as: UTF8.self), isInteger)
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw fault(next == nil ? .ended : .badNumber) }
    }

    /// Steps over a value of any type.
    mutating func skipValue(depth: Int = 0) throws(JSONFault) {
        guard depth < Self.maximumDepth else { throw fault(.tooDeep) }
        switch next {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try skipMembers(until: UInt8(ascii: "}"), areNamed: true, depth: depth + 1)
        case UInt8(ascii: "["): try skipMembers(until: UInt8(ascii: "]"), areNamed: false, depth: depth + 1)
        case UInt8(ascii: "t"): try expect(word: "true")
        case UInt8(ascii: "f"): try expect(word: "false")
        case UInt8(ascii: "n"): try expect(word: "null")
        case UInt8(ascii: "-"), (0x30...0x39)?: _ = try number()
        default: throw surprise()
        }
    }

    private mutating func skipMembers(until end: UInt8, areNamed: Bool, depth: Int) throws(JSONFault) {
        position += 1
        skipBlanks()
        if take(end) { return }
        repeat {
            skipBlanks()
            if areNamed {
                _ = try string()
                skipBlanks()
                try expect(UInt8(ascii: ":"))
                skipBlanks()
            }
            try skipValue(depth: depth)
            skipBlanks()
        } while take(UInt8(ascii: ","))
        try expect(end)
    }
}

extension JSONScanner {
    /// A string, unescaped.
    mutating func string() throws(JSONFault) -> String {
        try expect(UInt8(ascii: "\""))
        let start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(bytes[start..<position])
                position += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw fault(.controlCharacter)
            default: position += 1
            }
        }
        throw fault(.ended)
    }

    /// The rest of a string that has an escape.
    private mutating func escapedString(from start: Int) throws(JSONFault) -> String {
        var unescaped = Array(bytes[start..<position])
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(unescaped)
                position += 1
                return text
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                unescaped.append(contentsOf: UTF8.encode(scalar)!)
            case 0..<0x20: throw fault(.controlCharacter)
            default:
                unescaped.append(byte)
                position += 1
            }
        }
        throw fault(.ended)
    }

    private func text(_ bytes: some Collection<UInt8>) throws(JSONFault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault(.notUTF8) }
        return text
    }

    private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
        position += 1
        guard let byte = next else { throw fault(.ended) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault(.badEscape)
        }
    }

    private mutating func unicodeEscape() throws(JSONFault) -> Unicode.Scalar {
        let unit = try fourHexDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw fault(.loneSurrogate)
        }
        let trail = try fourHexDigits()
        guard UTF16.isTrailSurrogate(trail) else { throw fault(.loneSurrogate) }
        return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(trail) - 0xdc00))!
    }

    private mutating func fourHexDigits() throws(JSONFault) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw fault(.ended) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw fault(.badEscape) }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
