import NIOCore

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
        scanner.skipBlanks()
        guard scanner.next != nil else { throw .json(scanner.fault(.empty)) }
        guard try readObject(readValue) else { throw .json(scanner.fault(.notAnObject)) }
        scanner.skipBlanks()
        guard scanner.next == nil else { throw .json(scanner.fault(.trailing)) }
    }

    /// Reads an object up to and with its closing brace.
    ///
    /// - Returns: Whether there was one.
    mutating func readObject(
        _ readValue: (inout BodyReader, _ name: String) throws(RequestError) -> Void
    ) throws(RequestError) -> Bool {
        guard scanner.take(UInt8(ascii: "{")) else { return false }
        scanner.skipBlanks()
        if scanner.take(UInt8(ascii: "}")) { return true }
        repeat {
            let name = try readName()
            try readValue(&self, name)
            scanner.skipBlanks()
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: "}")) else { throw .json(scanner.surprise()) }
        return true
    }

    /// Reads a list up to and with its closing bracket.
    mutating func readList(
        _ name: String, _ readItem: (inout BodyReader) throws(RequestError) -> Void
    ) throws(RequestError) {
        guard scanner.take(UInt8(ascii: "[")) else { throw try mismatch(name, expected: "a list") }
        scanner.skipBlanks()
        if scanner.take(UInt8(ascii: "]")) { return }
        repeat {
            scanner.skipBlanks()
            try readItem(&self)
            scanner.skipBlanks()
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: "]")) else { throw .json(scanner.surprise()) }
    }

    mutating func readText(_ name: String, expected: String = "a string") throws(RequestError) -> String {
        guard scanner.next == UInt8(ascii: "\"") else { throw try mismatch(name, expected: expected) }
        do throws(JSONFault) { return try scanner.string() } catch { throw .json(error) }
    }

    /// A string; `nil` for null.
    mutating func readTextOrNull(_ name: String) throws(RequestError) -> String? {
        guard scanner.next == UInt8(ascii: "n") else { return try readText(name, expected: "a string or null") }
        do throws(JSONFault) { try scanner.expect(word: "null") } catch { throw .json(error) }
        return nil
    }

    /// A number as it is written.
    mutating func readNumber(
        _ name: String, expected: String
    ) throws(RequestError) -> (text: String, isInteger: Bool) {
        guard let byte = scanner.next, byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) else {
            throw try mismatch(name, expected: expected)
        }
        do throws(JSONFault) { return try scanner.number() } catch { throw .json(error) }
    }

    /// Passes over a value, which must be JSON.
    mutating func skip() throws(RequestError) {
        do throws(JSONFault) { try scanner.skipValue() } catch { throw .json(error) }
    }

    private mutating func readName() throws(RequestError) -> String {
        do throws(JSONFault) {
            scanner.skipBlanks()
            let name = try scanner.string()
            scanner.skipBlanks()
            try scanner.expect(UInt8(ascii: ":"))
            scanner.skipBlanks()
            return name
        } catch {
            throw .json(error)
        }
    }

    /// The error of a value of another type, or of something that is no value at all.
    private mutating func mismatch(_ name: String, expected: String) throws(RequestError) -> RequestError {
        try skip()
        return .wrongType(field: name, expected: expected)
    }
}
