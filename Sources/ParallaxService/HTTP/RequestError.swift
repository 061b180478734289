import HTTPTypes
import ParallaxCore

/// Why a request is refused before anything is judged: what the caller has to put right.
enum RequestError: Error, Equatable {
    case json(JSONFault)
    case wrongType(field: String, expected: String)
    case repeatedField(String)
    case missingField(String)
    case identity(IdentityError)
    case cost(CostError)
    /// A cost beyond what a whole number of this machine holds.
    case hugeCost
    case bodyTooLarge(maximumBytes: Int)
    case repeatedHeader(String)
    /// The API key reads as an internet address, and would be taken for one.
    case keyIsAddress
    /// The connection has no internet address, and no API key was sent.
    case unknownClient
    case invalidParameter(name: String, expected: String)
    /// A field of the right type whose text cannot be taken, with a sentence that says why.
    case invalidField(String)
    case notFound
    case methodNotAllowed(allowed: [String])
    case unauthorized
    case adminOff
    case refused(reason: String)
    case failed

    var status: HTTPResponse.Status {
        switch self {
        case .bodyTooLarge: .contentTooLarge
        case .notFound, .adminOff: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .unauthorized: .unauthorized
        case .refused: .conflict
        case .failed: .internalServerError
        default: .badRequest
        }
    }

    /// A short name for programs. Once shipped, a code keeps its meaning.
    var code: String {
        switch self {
        case .json: "invalid_json"
        case .wrongType: "wrong_type"
        case .repeatedField: "repeated_field"
        case .missingField: "missing_field"
        case .identity(.emptyIdentifier): "empty_identifier"
        case .identity(.tooLong(let part, _)): "\(part)_too_long"
        case .cost, .hugeCost: "cost_out_of_range"
        case .bodyTooLarge: "body_too_large"
        case .repeatedHeader: "repeated_header"
        case .keyIsAddress: "key_is_address"
        case .unknownClient: "unknown_client"
        case .invalidParameter: "invalid_parameter"
        case .invalidField: "invalid_field"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .unauthorized: "unauthorized"
        case .adminOff: "admin_off"
        case .refused: "refused"
        case .failed: "internal_error"
        }
    }

    /// What is wrong and what to do, for a person. Holds nothing that the caller sent.
    var message: String {
        switch self {
        case .json(let fault): fault.description
        case .wrongType(let field, let expected): "the field \"\(field)\" must be \(expected)"
        case .repeatedField(let field): "the field \"\(field)\" is there more than once"
        case .missingField(let field): "the field \"\(field)\" is missing"
        case .identity(let error): error.description
        case .cost(let error): error.description
        case .hugeCost: "the cost is larger than any limit"
        case .bodyTooLarge(let bytes): "the body may have at most \(bytes) bytes"
        case .repeatedHeader(let name): "the header \(name) is there more than once"
        case .keyIsAddress: "the API key reads as an internet address; addresses are limited apart from keys"
        case .unknownClient: "the connection has no internet address; send X-API-Key"
        case .invalidParameter(let name, let expected): "the parameter \"\(name)\" must be \(expected)"
        case .invalidField(let reason): reason
        case .notFound: "there is nothing at this path"
        case .methodNotAllowed(let allowed): "this path answers to \(allowed.joined(separator: ", "))"
        case .unauthorized: "send the admin token as \"Authorization: Bearer <token>\""
        case .adminOff:
            "the admin routes are off; set ADMIN_TOKEN_FILE to a file that holds a secret and restart to turn them on"
        case .refused(let reason): reason
        case .failed: "something went wrong here; the log says what"
        }
    }
}
