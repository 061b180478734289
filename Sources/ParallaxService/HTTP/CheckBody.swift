import NIOCore

/// The body of a check: `{"organization", "identifier", "cost"}`.
struct CheckBody: Equatable, Sendable {
    /// The most bytes that a body may have.
    static let maximumBytes = 16 * 1024

    var organization: String?
    var identifier: String
    var cost: Int

    /// Reads a body. Fields of other names are skipped, but must be JSON.
    ///
    /// - Throws: ``RequestError`` saying what is wrong with which field.
    init(_ body: ByteBuffer) throws(RequestError) {
        var result: Result<CheckBody, RequestError>?
        body.withUnsafeReadableBytes { bytes in
            result = Result { () throws(RequestError) in
                try CheckBody(bytes.bindMemory(to: UInt8.self))
            }
        }
        self = try result!.get()
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) throws(RequestError) {
        var scanner = JSONScanner(bytes)
        var fields = Fields()
        do throws(JSONFault) {
            try Self.open(&scanner)
        } catch {
            throw .json(error)
        }
        if !scanner.take(UInt8(ascii: "}")) { try fields.read(&scanner) }
        scanner.skipBlanks()
        guard scanner.next == nil else { throw .json(scanner.fault(.trailing)) }
        guard let identifier = fields.identifier else { throw .missingField("identifier") }
        organization = fields.organization ?? nil
        self.identifier = identifier
        cost = fields.cost ?? 1
    }

    private static func open(_ scanner: inout JSONScanner) throws(JSONFault) {
        scanner.skipBlanks()
        guard scanner.next != nil else { throw scanner.fault(.empty) }
        guard scanner.take(UInt8(ascii: "{")) else { throw scanner.fault(.notAnObject) }
        scanner.skipBlanks()
    }

    /// What was read so far; `nil` where a field was not there.
    private struct Fields {
        var organization: String??
        var identifier: String?
        var cost: Int?

        /// Reads members up to and with the closing brace.
        mutating func read(_ scanner: inout JSONScanner) throws(RequestError) {
            repeat {
                let name: String
                do throws(JSONFault) {
                    name = try Self.name(&scanner)
                } catch {
                    throw .json(error)
                }
                try readValue(of: name, &scanner)
                scanner.skipBlanks()
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "}")) else { throw .json(scanner.surprise()) }
        }

        private static func name(_ scanner: inout JSONScanner) throws(JSONFault) -> String {
            scanner.skipBlanks()
            let name = try scanner.string()
            scanner.skipBlanks()
            try scanner.expect(UInt8(ascii: ":"))
            scanner.skipBlanks()
            return name
        }

        private mutating func readValue(of name: String, _ scanner: inout JSONScanner) throws(RequestError) {
            switch name {
            case "identifier":
                guard identifier == nil else { throw .repeatedField(name) }
                identifier = try Self.text(name, &scanner, expected: "a string")
            case "organization":
                guard organization == nil else { throw .repeatedField(name) }
                organization = .some(try Self.textOrNull(name, &scanner))
            case "cost":
                guard cost == nil else { throw .repeatedField(name) }
                cost = try Self.wholeNumber(name, &scanner)
            default:
                do throws(JSONFault) { try scanner.skipValue() } catch { throw .json(error) }
            }
        }

        private static func text(
            _ name: String, _ scanner: inout JSONScanner, expected: String
        ) throws(RequestError) -> String {
            guard scanner.next == UInt8(ascii: "\"") else {
                throw try mismatch(name, &scanner, expected: expected)
            }
            do throws(JSONFault) { return try scanner.string() } catch { throw .json(error) }
        }

        private static func textOrNull(_ name: String, _ scanner: inout JSONScanner) throws(RequestError) -> String? {
            guard scanner.next == UInt8(ascii: "n") else {
                return try text(name, &scanner, expected: "a string or null")
            }
            do throws(JSONFault) { try scanner.expect(word: "null") } catch { throw .json(error) }
            return nil
        }

        /// A whole number, also written as `1.0` or `1e0`: languages without integers write them so.
        private static func wholeNumber(_ name: String, _ scanner: inout JSONScanner) throws(RequestError) -> Int {
            guard let byte = scanner.next, byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) else {
                throw try mismatch(name, &scanner, expected: "a whole number")
            }
            let number: (text: String, isInteger: Bool)
            do throws(JSONFault) { number = try scanner.number() } catch { throw .json(error) }
            if number.isInteger {
                guard let value = Int(number.text) else { throw .hugeCost }
                return value
            }
            guard let value = Double(number.text), value.isFinite else { throw .hugeCost }
            guard value == value.rounded() else { throw .wrongType(field: name, expected: "a whole number") }
            guard abs(value) < 9e15 else { throw .hugeCost }
            return Int(value)
        }

        /// The error of a value of another type, or of something that is no value at all.
        private static func mismatch(
            _ name: String, _ scanner: inout JSONScanner, expected: String
        ) throws(RequestError) -> RequestError {
            do throws(JSONFault) { try scanner.skipValue() } catch { throw .json(error) }
            return .wrongType(field: name, expected: expected)
        }
    }
}
