/// Reads JSON (RFC 8259) token by token from bytes that it does not own. Every reader of JSON from outside is built on it:
/// the bodies of checks, flag files and access logs.
///
/// Shows where tokens stand and makes a `String` only on request, so that reading allocates nothing. Strict where readers
/// differ: half a surrogate pair, bytes that are not UTF-8, a raw control character, a leading zero, a byte-order mark, a
/// trailing comma and whatever follows the value are faults. Repeated keys are shown as they come: the reader judges them.
package struct JSONScanner {
    /// How many objects and lists may stand in each other, so that no text overflows the stack.
    package static let maximumDepth = 128

    /// A string as it stands in the text.
    package struct Text: Equatable, Sendable {
        /// What is between the quotes.
        package let span: Range<Int>
        package let hasEscapes: Bool
    }

    /// A number as it stands in the text.
    package struct Number: Equatable, Sendable {
        package let span: Range<Int>
        /// Whether it is written without a fraction and without an exponent.
        package let isInteger: Bool
    }

    package enum Value: Equatable, Sendable {
        case string(Text)
        case number(Number)
        case boolean(Bool)
        case null
        case object
        case list
    }

    package enum Container: Sendable {
        case object
        case list

        var opening: UInt8 { self == .object ? UInt8(ascii: "{") : UInt8(ascii: "[") }
        var closing: UInt8 { self == .object ? UInt8(ascii: "}") : UInt8(ascii: "]") }
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let checksStrings: Bool
    private var depth = 0
    package internal(set) var position = 0

    /// - Parameters:
    ///   - bytes: Must stay valid as long as the scanner is used.
    ///   - checksStrings: Whether escapes and UTF-8 are checked in every string. If not, escapes are checked in the
    ///     strings that are made, and bytes that are not UTF-8 are replaced there.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, checksStrings: Bool = true) {
        self.bytes = bytes
        self.checksStrings = checksStrings
    }

    package func fault(_ reason: JSONFault.Reason) -> JSONFault {
        JSONFault(reason: reason, offset: min(position, bytes.count))
    }

    /// Steps to the one value that the whole text holds.
    package mutating func begin() throws(JSONFault) {
        if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf { throw fault(.byteOrderMark) }
        skipBlanks()
        guard next != nil else { throw fault(.empty) }
    }

    /// Requires that nothing follows the value.
    package mutating func end() throws(JSONFault) {
        skipBlanks()
        guard next == nil else { throw fault(.trailing) }
    }
}

// MARK: - Values

extension JSONScanner {
    /// Steps into an object or a list, if one begins here.
    package mutating func open(_ container: Container) throws(JSONFault) -> Bool {
        guard next == container.opening else { return false }
        guard depth < Self.maximumDepth else { throw fault(.tooDeep) }
        depth += 1
        position += 1
        return true
    }

    /// Steps to the next member or item; after the last one over the closing bracket, and returns `false`.
    package mutating func more(in container: Container) throws(JSONFault) -> Bool {
        // No value ends with an opening bracket.
        let isFirst = bytes[position - 1] == container.opening
        skipBlanks()
        if take(container.closing) {
            depth -= 1
            return false
        }
        if isFirst { return true }
        guard take(UInt8(ascii: ",")) else { throw surprise(.noComma) }
        skipBlanks()
        return true
    }

    /// Reads the key of a member, and steps to its value.
    package mutating func key() throws(JSONFault) -> Text {
        guard next == UInt8(ascii: "\"") else { throw surprise(.noKey) }
        let key = try string()
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { throw surprise(.noColon) }
        skipBlanks()
        return key
    }

    /// Reads a value of any type. What an object or a list holds is checked and stepped over.
    package mutating func value() throws(JSONFault) -> Value {
        switch next {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), (0x30...0x39)?: return .number(try number())
        case UInt8(ascii: "{"):
            try skip(.object)
            return .object
        case UInt8(ascii: "["):
            try skip(.list)
            return .list
        case UInt8(ascii: "t"):
            try word("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: throw surprise(.noValue)
        }
    }

    private mutating func skip(_ container: Container) throws(JSONFault) {
        guard try open(container) else { return }
        while try more(in: container) {
            if container == .object { _ = try key() }
            _ = try value()
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONFault) {
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else { throw surprise(.noValue) }
        }
    }

    private mutating func number() throws(JSONFault) -> Number {
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
        return Number(span: start..<position, isInteger: isInteger)
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw surprise(.badNumber) }
    }
}

// MARK: - Bytes

extension JSONScanner {
    /// The byte at the position; `nil` at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Steps over a byte if it is the next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    /// The fault of a byte that does not fit, or of the text's end.
    func surprise(_ reason: JSONFault.Reason) -> JSONFault { fault(next == nil ? .ended : reason) }
}

/// Where and why some bytes are not JSON.
package struct JSONFault: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        case empty
        case notAnObject
        case byteOrderMark
        case ended
        case trailing
        case noValue
        case noKey
        case noColon
        case noComma
        case badNumber
        case controlCharacter
        case badEscape
        case loneSurrogate
        case notUTF8
        case tooDeep
    }

    package let reason: Reason
    /// Bytes before the fault.
    package let offset: Int

    package init(reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The reason in words.
    ///
    /// - Parameter subject: What was read, such as `the body`.
    package func explanation(of subject: String) -> String {
        switch reason {
        case .empty: "\(subject) is empty"
        case .notAnObject: "\(subject) must be a JSON object"
        case .byteOrderMark: "\(subject) starts with a byte-order mark; leave it out"
        case .ended: "\(subject) ends too early"
        case .trailing: "something follows the value"
        case .noValue: "a value is expected here"
        case .noKey: "a key in double quotes is expected here"
        case .noColon: "a colon is expected here"
        case .noComma: "a comma or the end of the object or list is expected here"
        case .badNumber: "a digit is expected here"
        case .controlCharacter: "a string holds a control character; write it as an escape"
        case .badEscape: "an escape in a string is not one of JSON's"
        case .loneSurrogate: "an unpaired surrogate in a string"
        case .notUTF8: "a string is not valid UTF-8"
        case .tooDeep: "objects and lists are nested deeper than \(JSONScanner.maximumDepth) levels"
        }
    }
}
