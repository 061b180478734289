import Foundation
import Hummingbird
import NIOCore
import ParallaxCore

/// Reads the JSON bodies of the admin routes.
enum AdminBody {
    private static let maximumBytes = RequestHeadRules.usualMaximumBodyBytes

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - fields: The fields that the route reads.
    ///   - skipsOthers: Whether other fields are skipped. A route that clears more the less it is told must not skip a
    ///     name that is misspelt.
    /// - Throws: ``RequestError`` saying what is wrong with which field.
    static func decode<Body: Decodable>(
        _ type: Body.Type, from body: RequestBody, fields: [String], skipsOthers: Bool = true
    ) async throws(RequestError) -> Body {
        let bytes: ByteBuffer
        do {
            bytes = try await body.collect(upTo: maximumBytes)
        } catch {
            throw RequestError(reading: error, maximumBytes: maximumBytes)
        }
        try check(bytes, fields: fields, skipsOthers: skipsOthers)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
        } catch {
            throw requestError(error)
        }
    }

    /// Reads the body once as all bodies are read: Foundation's decoder takes a field that is there twice.
    private static func check(_ bytes: ByteBuffer, fields: [String], skipsOthers: Bool) throws(RequestError) {
        var found: Set<String> = []
        try BodyReader.read(bytes) { (reader, name) throws(RequestError) in
            if fields.contains(name) {
                guard found.insert(name).inserted else { throw .repeatedField(name) }
            } else if !skipsOthers {
                throw .unknownField(known: fields)
            }
            try reader.skip()
        }
    }

    private static func requestError(_ error: any Error) -> RequestError {
        switch error {
        case DecodingError.keyNotFound(let key, _): .missingField(key.stringValue)
        case DecodingError.typeMismatch(let type, let context), DecodingError.valueNotFound(let type, let context):
            wrongType(type, context)
        // The body is JSON: what is left is a number that no integer holds, and the decoder does not say which.
        default: .invalidField("every number in the body must be a whole number that fits into 64 bits")
        }
    }

    private static func wrongType(_ type: Any.Type, _ context: DecodingError.Context) -> RequestError {
        let expected =
            switch type {
            case _ where context.codingPath.count > 1: "a list of strings"
            case is String.Type: "a string"
            case is Bool.Type: "true or false"
            case is any FixedWidthInteger.Type: "a whole number"
            default: "a list of strings"
            }
        return .wrongType(field: context.codingPath.first?.stringValue ?? "body", expected: expected)
    }
}

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
