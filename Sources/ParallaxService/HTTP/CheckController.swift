import Hummingbird
import NIOCore
import ParallaxCore

/// `POST /v1/check`: may this identity spend these units?
struct CheckController<Context: PeerContext>: Sendable {
    let checkHandler: CheckHandler

    func addRoutes(to routes: inout RouteTable<Context>) {
        routes.on("/v1/check", [.post]) { request, _ in
            await check(request)
        }
    }

    // Errors become answers here, and not in a middleware: this is the hot path, and a middleware costs every request.
    private func check(_ request: Request) async -> Response {
        do throws(RequestError) {
            let bytes = try await collect(request.body)
            // From here on the caller waits for this service; until then for its own upload.
            let arrival = ContinuousClock.now
            let body = try CheckBody(bytes)
            let identity: Identity
            do throws(IdentityError) {
                identity = try Identity(organization: body.organization, identifier: body.identifier)
            } catch {
                throw RequestError.identity(error)
            }
            return try await checkHandler.answer(identity, cost: body.cost, arrival: arrival)
        } catch {
            return Response(error)
        }
    }

    private func collect(_ body: RequestBody) async throws(RequestError) -> ByteBuffer {
        do {
            return try await body.collect(upTo: CheckBody.maximumBytes)
        } catch {
            throw RequestError(reading: error, maximumBytes: CheckBody.maximumBytes)
        }
    }
}

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

/// A number in JSON's form, exactly as it is written: a `Double` takes `1e-400` for 0, and 40 digits for a whole number.
struct DecimalNumber: Equatable {
    /// More than any number of digits that a body has room for.
    private static let maximumExponent = 1_000_000

    private let isNegative: Bool
    /// Without zeros at either end; empty for 0.
    private let digits: [UInt8]
    /// How many zeros follow the digits; negative if some of the digits follow the point.
    private let zeros: Int

    /// - Parameter text: A number that JSON's grammar allows, shorter than a million digits.
    init(_ text: String) {
        var digits: [UInt8] = []
        var fractionDigits = 0
        var isInFraction = false
        var rest = text.utf8[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        while let byte = rest.popFirst(), byte | 0x20 != UInt8(ascii: "e") {
            if byte == UInt8(ascii: ".") {
                isInFraction = true
            } else {
                digits.append(byte - UInt8(ascii: "0"))
                if isInFraction { fractionDigits += 1 }
            }
        }
        let trailing = digits.reversed().prefix { $0 == 0 }.count
        self.digits = Array(digits.dropLast(trailing).drop { $0 == 0 })
        zeros = Self.exponent(rest) - fractionDigits + trailing
    }

    /// The exponent; one with more digits than any number needs is as good as the largest.
    private static func exponent(_ text: Substring.UTF8View) -> Int {
        if text.isEmpty { return 0 }
        let limit = text.first == UInt8(ascii: "-") ? -maximumExponent : maximumExponent
        guard let value = Int(Substring(text)), value.magnitude <= maximumExponent else { return limit }
        return value
    }

    var isWhole: Bool { digits.isEmpty || zeros >= 0 }

    /// The number if it is whole and fits; else `nil`.
    var integer: Int? {
        if digits.isEmpty { return 0 }
        guard zeros >= 0, digits.count + zeros <= 18 else { return nil }
        let value = (digits + Array(repeating: 0, count: zeros)).reduce(0) { $0 * 10 + Int($1) }
        return isNegative ? -value : value
    }
}
