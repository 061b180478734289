import ParallaxCore

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
            guard let name = PercentEncoding.decode(parts[0]), names.contains(name) else {
                throw .unknownParameter(known: names)
            }
            guard values[name] == nil else { throw .invalidParameter(name: name, expected: "given once") }
            guard let value = parts.count == 2 ? PercentEncoding.decode(parts[1]) : "" else {
                throw .invalidParameter(
                    name: name, expected: "percent-encoded UTF-8, with two hexadecimal digits after each %")
            }
            values[name] = value
        }
    }

    /// A parameter's value; `nil` if it was not sent.
    subscript(name: String) -> String? { values[name] }
}
