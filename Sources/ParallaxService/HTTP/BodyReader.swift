import NIOCore
import ParallaxCore

/// Reads a JSON body field by field, and names the field that something is wrong with.
struct BodyReader {
    private var scanner: JSONScanner

    /// Reads the members of the object that a body is.
    ///
    /// - Parameter readValue: Reads the value of the member of that name, or skips it.
    /// - Throws: ``RequestError`` saying what is wrong with which field.
    static func read(
        _ body: ByteBuffer, _ readValue: (inout BodyReader, _ name: String) throws(RequestError) -> Void
    ) throws(RequestError) {
        let result = body.withUnsafeReadableBytes { bytes in
            Result { () throws(RequestError) in
                var reader = BodyReader(scanner: JSONScanner(bytes.bindMemory(to: UInt8.self)))
                try reader.readWhole(readValue)
            }
        }
        try result.get()
    }

    private mutating func readWhole(
        _ readValue: (inout BodyReader, String) throws(RequestError) -> Void
    ) throws(RequestError) {
        try read { (scanner) throws(JSONFault) in try scanner.begin() }
        guard try readObject(readValue) else { throw .json(scanner.fault(.notAnObject)) }
        try read { (scanner) throws(JSONFault) in try scanner.end() }
    }

    /// Reads an object up to and with its closing brace.
    ///
    /// - Returns: Whether there was one.
    mutating func readObject(
        _ readValue: (inout BodyReader, _ name: String) throws(RequestError) -> Void
    ) throws(RequestError) -> Bool {
        guard try read({ (scanner) throws(JSONFault) in try scanner.open(.object) }) else { return false }
        while let name = try readName() { try readValue(&self, name) }
        return true
    }

    /// The name of the object's next member; `nil` after the last.
    private mutating func readName() throws(RequestError) -> String? {
        try read { (scanner) throws(JSONFault) in
            try scanner.more(in: .object) ? try scanner.string(of: try scanner.key()) : nil
        }
    }

    /// Reads a list up to and with its closing bracket.
    mutating func readList(
        _ name: String, _ readItem: (inout BodyReader) throws(RequestError) -> Void
    ) throws(RequestError) {
        guard try read({ (scanner) throws(JSONFault) in try scanner.open(.list) }) else {
            try skip()
            throw .wrongType(field: name, expected: "a list")
        }
        while try read({ (scanner) throws(JSONFault) in try scanner.more(in: .list) }) { try readItem(&self) }
    }

    mutating func readText(_ name: String) throws(RequestError) -> String {
        guard case .string(let text) = try readValue() else { throw .wrongType(field: name, expected: "a string") }
        return try read { (scanner) throws(JSONFault) in try scanner.string(of: text) }
    }

    /// A string; `nil` for null.
    mutating func readTextOrNull(_ name: String) throws(RequestError) -> String? {
        switch try readValue() {
        case .null: return nil
        case .string(let text): return try read { (scanner) throws(JSONFault) in try scanner.string(of: text) }
        default: throw .wrongType(field: name, expected: "a string or null")
        }
    }

    /// A number as it is written.
    mutating func readNumber(
        _ name: String, expected: String
    ) throws(RequestError) -> (text: String, isInteger: Bool) {
        guard case .number(let number) = try readValue() else { throw .wrongType(field: name, expected: expected) }
        return (scanner.string(of: number), number.isInteger)
    }

    mutating func readBoolean(_ name: String) throws(RequestError) -> Bool {
        guard case .boolean(let value) = try readValue() else {
            throw .wrongType(field: name, expected: "true or false")
        }
        return value
    }

    /// A whole number from 0 on, also written as `1.0` or `1e0`; `nil` for null.
    mutating func readReportedNumber(_ name: String) throws(RequestError) -> Int64? {
        let expected = "a whole number from 0 to \(Self.maximumReportedNumber)"
        switch try readValue() {
        case .null: return nil
        case .number(let number):
            guard let value = DecimalNumber(scanner.string(of: number)).integer.map({ Int64($0) }),
                (0...Self.maximumReportedNumber).contains(value)
            else { throw .wrongType(field: name, expected: expected) }
            return value
        default: throw .wrongType(field: name, expected: expected)
        }
    }

    /// Whether the value is null; whatever it is, it is passed over.
    mutating func readNull() throws(RequestError) -> Bool { try readValue() == .null }

    /// Passes over a value, which must be JSON.
    mutating func skip() throws(RequestError) {
        _ = try readValue()
    }

    private mutating func readValue() throws(RequestError) -> JSONScanner.Value {
        try read { (scanner) throws(JSONFault) in try scanner.value() }
    }

    private mutating func read<Value>(
        _ token: (inout JSONScanner) throws(JSONFault) -> Value
    ) throws(RequestError) -> Value {
        do throws(JSONFault) { return try token(&scanner) } catch { throw .json(error) }
    }
}
