extension JSONScanner {
    /// The string that a token means: its escapes resolved.
    package func string(of text: Text) throws(JSONFault) -> String {
        guard text.hasEscapes else { return String(decoding: bytes[text.span], as: UTF8.self) }
        var reader = self
        reader.position = text.span.lowerBound
        var unescaped: [UInt8] = []
        unescaped.reserveCapacity(text.span.count)
        // No escape reaches beyond the closing quote, which is in none.
        while reader.position < text.span.upperBound {
            if reader.take(UInt8(ascii: "\\")) {
                unescaped.append(contentsOf: UTF8.encode(try reader.escape())!)
            } else {
                unescaped.append(bytes[reader.position])
                reader.position += 1
            }
        }
        return String(decoding: unescaped, as: UTF8.self)
    }

    /// A number as it is written.
    package func string(of number: Number) -> String {
        String(decoding: bytes[number.span], as: UTF8.self)
    }

    /// The nearest number; infinite if no `Double` holds one as large.
    package func double(of number: Number) -> Double {
        guard let double = Double(string(of: number)) else { preconditionFailure("JSON's numbers are Swift's") }
        return double
    }

    /// Steps over a string with its quotes.
    mutating func string() throws(JSONFault) -> Text {
        position += 1
        let start = position
        var hasEscapes = false
        while true {
            skipPlainBytes()
            switch next {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return Text(span: start..<position, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position += 1
                if checksStrings { _ = try escape() } else if next != nil { position += 1 }
            case (0x80...)?: try scalar(leadByte: bytes[position])
            case nil: throw fault(.ended)
            default: throw fault(.controlCharacter)
            }
        }
    }

    /// Steps to the next byte of a string that is not simply a part of it: most of what logs and bodies consist of.
    private mutating func skipPlainBytes() {
        var index = position
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0..<0x20: return position = index
            case 0x80... where checksStrings: return position = index
            default: index += 1
            }
        }
        position = index
    }

    /// Steps over a scalar of several bytes, of which only the shortest encoding is UTF-8 (The Unicode Standard, table 3-7).
    private mutating func scalar(leadByte: UInt8) throws(JSONFault) {
        let (followers, second): (Int, ClosedRange<UInt8>)
        switch leadByte {
        case 0xc2...0xdf: (followers, second) = (1, 0x80...0xbf)
        case 0xe0: (followers, second) = (2, 0xa0...0xbf)
        case 0xed: (followers, second) = (2, 0x80...0x9f)
        case 0xe1...0xef: (followers, second) = (2, 0x80...0xbf)
        case 0xf0: (followers, second) = (3, 0x90...0xbf)
        case 0xf1...0xf3: (followers, second) = (3, 0x80...0xbf)
        case 0xf4: (followers, second) = (3, 0x80...0x8f)
        default: throw fault(.notUTF8)
        }
        guard bytes.count - position > followers else { throw fault(.ended) }
        guard second.contains(bytes[position + 1]) else { throw fault(.notUTF8) }
        for offset in 1...followers where bytes[position + offset] & 0xc0 != 0x80 { throw fault(.notUTF8) }
        position += followers + 1
    }

    /// Reads what follows the backslash of an escape.
    private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
        let scalar: Unicode.Scalar
        switch next {
        case UInt8(ascii: "\""): scalar = "\""
        case UInt8(ascii: "\\"): scalar = "\\"
        case UInt8(ascii: "/"): scalar = "/"
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{c}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "u"):
            position += 1
            return try unicodeEscape()
        default: throw surprise(.badEscape)
        }
        position += 1
        return scalar
    }

    private mutating func unicodeEscape() throws(JSONFault) -> Unicode.Scalar {
        let unit = try fourHexDigits()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw surprise(.loneSurrogate)
        }
        let trail = try fourHexDigits()
        guard UTF16.isTrailSurrogate(trail) else { throw fault(.loneSurrogate) }
        return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    }

    private mutating func fourHexDigits() throws(JSONFault) -> UInt16 {
        var number: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw surprise(.badEscape)
            }
            number = number << 4 | UInt16(digit)
            position += 1
        }
        return number
    }
}
