/// Walks over one line of JSON and shows the members of its object, without making values of what nobody wants.
///
/// Strict in its structure (RFC 8259), so that half a line is no request; strings are only cut out, and unescaped when they
/// are asked for.
struct JSONLineScanner {
    /// A value as it stands in the line.
    enum Value: Equatable {
        /// Between the quotes.
        case string(Range<Int>)
        case number(Range<Int>)
        /// An object that begins here, to be walked over by its own members.
        case object
        case other
    }

    /// The text breaks a rule of JSON.
    struct Fault: Error, Equatable {}

    static let maximumDepth = 64

    let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Walks over the object that the whole line is.
    ///
    /// - Parameters:
    ///   - entering: Whether the members of an object under this key of the line's own object are shown too.
    ///   - visit: Called with the key of the object around (empty for the line's own), the key, and the value.
    mutating func walk(
        entering: (UnsafeRawBufferPointer) -> Bool,
        _ visit: (_ parent: Range<Int>, _ key: Range<Int>, Value) -> Void
    ) throws(Fault) {
        skipBlanks()
        try members(of: 0..<0, depth: 0, entering: entering, visit)
        skipBlanks()
        guard position == bytes.count else { throw Fault() }
    }

    private mutating func members(
        of parent: Range<Int>, depth: Int, entering: (UnsafeRawBufferPointer) -> Bool,
        _ visit: (Range<Int>, Range<Int>, Value) -> Void
    ) throws(Fault) {
        guard take("{") else { throw Fault() }
        skipBlanks()
        if take("}") { return }
        repeat {
            skipBlanks()
            let key = try string()
            skipBlanks()
            guard take(":") else { throw Fault() }
            skipBlanks()
            let isEntered =
                depth == 0 && peek == UInt8(ascii: "{")
                && entering(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[key]))
            if isEntered {
                try members(of: key, depth: 1, entering: entering, visit)
            } else {
                visit(parent, key, try value(depth: depth + 1))
            }
            skipBlanks()
        } while take(",")
        guard take("}") else { throw Fault() }
    }

    private mutating func value(depth: Int) throws(Fault) -> Value {
        guard depth < Self.maximumDepth else { throw Fault() }
        switch peek {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"):
            try list(until: "}", isNamed: true, depth: depth)
            return .object
        case UInt8(ascii: "["):
            try list(until: "]", isNamed: false, depth: depth)
            return .other
        case UInt8(ascii: "t"): return try word("true")
        case UInt8(ascii: "f"): return try word("false")
        case UInt8(ascii: "n"): return try word("null")
        case UInt8(ascii: "-"), (0x30...0x39)?: return .number(try number())
        default: throw Fault()
        }
    }

    private mutating func list(until end: Unicode.Scalar, isNamed: Bool, depth: Int) throws(Fault) {
        position += 1
        skipBlanks()
        if take(end) { return }
        repeat {
            skipBlanks()
            if isNamed {
                _ = try string()
                skipBlanks()
                guard take(":") else { throw Fault() }
                skipBlanks()
            }
            _ = try value(depth: depth + 1)
            skipBlanks()
        } while take(",")
        guard take(end) else { throw Fault() }
    }
}

// MARK: Tokens
extension JSONLineScanner {
    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard let byte = peek, byte == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a { position += 1 }
    }

    /// The bytes between the quotes.
    private mutating func string() throws(Fault) -> Range<Int> {
        guard take("\"") else { throw Fault() }
        let start = position
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return start..<position
            case UInt8(ascii: "\\"): position += 2
            case 0..<0x20: throw Fault()
            default: position += 1
            }
        }
        throw Fault()
    }

    private mutating func number() throws(Fault) -> Range<Int> {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return start..<position
    }

    private mutating func digits() throws(Fault) {
        let start = position
        while let byte = peek, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw Fault() }
    }

    private mutating func word(_ word: StaticString) throws(Fault) -> Value {
        for index in 0..<word.utf8CodeUnitCount {
            guard peek == word.utf8Start[index] else { throw Fault() }
            position += 1
        }
        return .other
    }
}
