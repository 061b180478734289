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
        var fields = Fields()
        try BodyReader.read(body) { (reader, name) throws(RequestError) in try fields.read(name, &reader) }
        guard let identifier = fields.identifier else { throw .missingField("identifier") }
        organization = fields.organization ?? nil
        self.identifier = identifier
        cost = fields.cost ?? 1
    }

    /// What was read so far; `nil` if a field was not there.
    private struct Fields {
        var organization: String??
        var identifier: String?
        var cost: Int?

        mutating func read(_ name: String, _ reader: inout BodyReader) throws(RequestError) {
            switch name {
            case "identifier":
                guard identifier == nil else { throw .repeatedField(name) }
                identifier = try reader.readText(name)
            case "organization":
                guard organization == nil else { throw .repeatedField(name) }
                organization = .some(try reader.readTextOrNull(name))
            case "cost":
                guard cost == nil else { throw .repeatedField(name) }
                cost = try Self.readWholeNumber(name, &reader)
            default: try reader.skip()
            }
        }

        /// A whole number, also written as `1.0` or `1e0`: languages without integers write them so.
        private static func readWholeNumber(_ name: String, _ reader: inout BodyReader) throws(RequestError) -> Int {
            let expected = "a whole number"
            let number = try reader.readNumber(name, expected: expected)
            if number.isInteger {
                guard let value = Int(number.text) else { throw .hugeCost }
                return value
            }
            let decimal = DecimalNumber(number.text)
            guard decimal.isWhole else { throw .wrongType(field: name, expected: expected) }
            guard let value = decimal.integer else { throw .hugeCost }
            return value
        }
    }
}
