/// The parameters of a request's query, read strictly: what two readers could understand differently is refused.
struct QueryParameters: Sendable {
    private var values: [String: String] = [:]

    /// Reads a query. A `+` is a plus sign and no blank.
    ///
    /// - Parameters:
    ///   - query: What follows the question mark; `nil` if there is none.
    ///   - names: The parameters that the route reads.
    /// - Throws: ``RequestError`` naming the parameter that is unknown, repeated or not percent-encoded UTF-8.
    init(_ query: String?, names: [String]) throws(RequestError) {
        for pair in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), names.contains(name) else {
                throw .unknownParameter(known: names)
            }
            guard values[name] == nil else { throw .invalidParameter(name: name, expected: "given once") }
            guard let value = parts.count == 2 ? Self.decode(parts[1]) : "" else {
                throw .invalidParameter(
                    name: name, expected: "percent-encoded UTF-8, with two hexadecimal digits after each %")
            }
            values[name] = value
        }
    }

    /// A parameter's value; `nil` if it was not sent.
    subscript(name: String) -> String? { values[name] }

    /// A text with its escapes resolved (RFC 3986, 2.1); `nil` if one is incomplete, or the result is not valid UTF-8.
    private static func decode(_ text: Substring.UTF8View.SubSequence) -> String? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
