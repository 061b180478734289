import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ParallaxCore

/// Why a request is refused before anything is judged: what the caller has to put right.
enum RequestError: Error, Equatable {
    case json(JSONFault)
    case wrongType(field: String, expected: String)
    case repeatedField(String)
    case missingField(String)
    case identity(IdentityError)
    case cost(CostError)
    /// A cost beyond every limit, negative or positive.
    case hugeCost
    case bodyTooLarge(maximumBytes: Int)
    case repeatedHeader(String)
    /// A header that decides who is limited holds bytes that are not UTF-8.
    case headerNotUTF8(String)
    /// The request does not follow HTTP's syntax, or ends too early.
    case malformed
    case headersTooLarge
    /// The request did not arrive in full within the time it has.
    case timedOut
    /// No `Host` header, or several.
    case missingHost
    /// The `Host` header, or the target's authority, does not name a host.
    case invalidHost
    /// The body is encoded for the transfer in a way that this service does not decode.
    case unsupportedTransferCoding
    /// The service ends before the request is there in full.
    case shuttingDown
    /// The `Host` header, or the target's authority, names another server.
    case unknownHost
    /// A browser sent it for a page of another origin.
    case crossSite
    /// The API key reads as an internet address, and would be taken for one.
    case keyIsAddress
    /// The connection has no internet address, and no API key was sent.
    case unknownClient
    case invalidParameter(name: String, expected: String)
    case unknownParameter(known: [String])
    case unknownField(known: [String])
    /// A field of the right type whose text cannot be taken, with a sentence that says why.
    case invalidField(String)
    case notFound
    case methodNotAllowed(allowed: [String])
    case unauthorized
    /// Response times without the reporters' token.
    case unauthorizedReport
    case adminOff
    case refused(reason: String)
    case failed

    var status: HTTPResponse.Status {
        switch self {
        case .bodyTooLarge: .contentTooLarge
        case .notFound, .adminOff: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .unauthorized, .unauthorizedReport: .unauthorized
        case .refused: .conflict
        case .headersTooLarge: .requestHeaderFieldsTooLarge
        case .timedOut: .requestTimeout
        case .unknownHost: .misdirectedRequest
        case .crossSite: .forbidden
        case .failed: .internalServerError
        case .unsupportedTransferCoding: .notImplemented
        case .shuttingDown: .serviceUnavailable
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
        case .headerNotUTF8: "invalid_header"
        case .malformed: "malformed_request"
        case .headersTooLarge: "headers_too_large"
        case .timedOut: "request_timeout"
        case .missingHost: "missing_host"
        case .invalidHost: "invalid_host"
        case .unsupportedTransferCoding: "unsupported_transfer_coding"
        case .shuttingDown: "shutting_down"
        case .unknownHost: "unknown_host"
        case .crossSite: "cross_site"
        case .keyIsAddress: "key_is_address"
        case .unknownClient: "unknown_client"
        case .invalidParameter, .unknownParameter: "invalid_parameter"
        case .invalidField, .unknownField: "invalid_field"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .unauthorized, .unauthorizedReport: "unauthorized"
        case .adminOff: "admin_off"
        case .refused: "refused"
        case .failed: "internal_error"
        }
    }

    /// What is wrong and what to do, for a person. Holds nothing that the caller sent.
    var message: String {
        switch self {
        case .json(let fault): "the body is not valid JSON: \(fault.explanation(of: "the body")) (byte \(fault.offset))"
        case .wrongType(let field, let expected): "the field \"\(field)\" must be \(expected)"
        case .repeatedField(let field): "the field \"\(field)\" occurs more than once"
        case .missingField(let field): "the field \"\(field)\" is missing"
        case .identity(let error): error.description
        case .cost(let error): error.description
        case .hugeCost: "the field \"cost\" must be a whole number from 0 to the smallest limit of the policy"
        case .bodyTooLarge(let bytes): "the body may have at most \(bytes) bytes"
        case .repeatedHeader(let name): "the header \(name) occurs more than once"
        case .headerNotUTF8(let name): "the header \(name) is not valid UTF-8"
        case .malformed: "the request does not follow the syntax of HTTP/1.1, or its body ends too early"
        case .headersTooLarge:
            "the request line and the headers may have 32 KiB, one of them 16 KiB, and there may be 128 headers; "
                + "send fewer or shorter headers"
        case .timedOut: "the request did not arrive in full in time"
        case .missingHost: "the request must have one Host header"
        case .invalidHost:
            "the Host header, or the host in the request's target, must be a name or an address, and perhaps a port"
        case .unsupportedTransferCoding: "chunked is the only transfer coding that is understood; send no other"
        case .shuttingDown: "the service is shutting down; send the request again"
        case .unknownHost: "this server has another name; add the name that you use to HTTP_ALLOWED_HOSTS"
        case .crossSite: "pages of other origins cannot use this service"
        case .keyIsAddress: "the API key reads as an internet address; addresses are limited apart from keys"
        case .unknownClient: "the connection has no internet address; send X-API-Key"
        case .invalidParameter(let name, let expected): "the parameter \"\(name)\" must be \(expected)"
        case .unknownParameter(let known): "the query can only have the parameters \(known.joined(separator: ", "))"
        case .unknownField(let known): "the body can only have the fields \(known.joined(separator: ", "))"
        case .invalidField(let reason): reason
        case .notFound: "there is nothing at this path"
        case .methodNotAllowed(let allowed): "this path answers to \(allowed.joined(separator: ", "))"
        case .unauthorized: "send the admin token as \"Authorization: Bearer <token>\""
        case .unauthorizedReport:
            "send the reporters' token, the content of RESPONSE_TIMES_TOKEN_FILE, as \"Authorization: Bearer <token>\""
        case .adminOff:
            "the admin routes are off; set ADMIN_TOKEN_FILE to a file that holds a secret and restart to turn them on"
        case .refused(let reason): reason
        case .failed: "internal error; see the service's log"
        }
    }
}

extension RequestError {
    /// The error that a body which cannot be read stands for.
    ///
    /// - Parameter cause: What its reader threw.
    init(reading cause: any Error, maximumBytes: Int) {
        switch cause {
        case let error as RequestError: self = error
        case is NIOTooManyBytesError: self = .bodyTooLarge(maximumBytes: maximumBytes)
        // The connection broke, and the answer is never read.
        default: self = .malformed
        }
    }

    var headers: HTTPFields {
        var headers: HTTPFields = [.contentType: "application/json"]
        switch self {
        case .unauthorized: headers[.wwwAuthenticate] = "Bearer realm=\"parallax admin\""
        case .unauthorizedReport: headers[.wwwAuthenticate] = "Bearer realm=\"parallax reports\""
        case .methodNotAllowed(let allowed): headers[.allow] = allowed.joined(separator: ", ")
        default: break
        }
        return headers
    }

    /// `{"error": {"code", "message"}}`.
    var body: ByteBuffer {
        var body = ByteBuffer()
        body.writeString("{\"error\":{\"code\":")
        body.writeJSON(text: code)
        body.writeString(",\"message\":")
        body.writeJSON(text: message)
        body.writeString("}}")
        return body
    }
}

/// Puts whatever was thrown into the form that all errors have.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    let metrics: HTTPMetrics

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response = await answer(request, context, next)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func answer(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
    ) async -> Response {
        do {
            return try await next(request, context)
        } catch let error as RequestError {
            // What the connection's handler refused it has counted.
            if error != .malformed, error != .timedOut { metrics.refused(error) }
            return Response(error)
        } catch let error as HTTPError where error.status == .notFound {
            return Response(RequestError.notFound)
        } catch {
            // Only the type: an error's text may quote what a stranger sent.
            context.logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            return Response(RequestError.failed)
        }
    }
}
