import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ParallaxCore

/// An answer in HTTP: the status, the headers that callers read, and the decision of every window as JSON.
struct AnswerResponse: Sendable {
    /// Seconds after which a caller may ask again when the limiter could not answer.
    static let unavailableRetrySeconds: Int64 = 1

    let answer: Answer
    let verdict: CheckVerdict
    /// Whether an answer that lets the request pass has a body. nginx and Caddy drop a gateway's answer unread, and if it
    /// has a body they cannot use its connection again.
    var hasBodyIfAllowed = true

    /// The name that callers know the enforced side by.
    static func backend(_ side: Side) -> String {
        switch side {
        case .control: "memory-legacy"
        case .candidate: "redis-distributed"
        }
    }

    var response: Response {
        Response(status: status, headers: headers, body: hasBody ? ResponseBody(byteBuffer: body) : ResponseBody())
    }

    private var hasBody: Bool { hasBodyIfAllowed || status != .ok }

    var status: HTTPResponse.Status {
        switch verdict {
        case .allowed, .failedOpen: .ok
        case .limited: .tooManyRequests
        case .unavailable: .serviceUnavailable
        }
    }

    /// Whole seconds, rounded up, at least 1; `nil` if the caller need not wait.
    private var retryAfterSeconds: Int64? {
        switch verdict {
        case .allowed, .failedOpen: nil
        case .limited: max(1, Timestamp(milliseconds: answer.decision.retryAfterMilliseconds).secondsRoundedUp)
        case .unavailable: Self.unavailableRetrySeconds
        }
    }

    private var headers: HTTPFields {
        var fields = HTTPFields()
        fields.reserveCapacity(9)
        if hasBody { fields.append(HTTPField(name: .contentType, value: "application/json")) }
        fields.append(HTTPField(name: .rateLimitBackend, value: Self.backend(answer.enforced)))
        if let state = answer.decision.mostRelevantWindow {
            fields.append(HTTPField(name: .rateLimitLimit, value: String(state.window.limit)))
            fields.append(HTTPField(name: .rateLimitRemaining, value: String(state.remaining)))
            fields.append(HTTPField(name: .rateLimitReset, value: String(state.reset.secondsRoundedUp)))
            fields.append(HTTPField(name: .rateLimitType, value: state.window.name))
        }
        if let seconds = retryAfterSeconds { fields.append(HTTPField(name: .retryAfter, value: String(seconds))) }
        if case .failedOpen = verdict { fields.append(HTTPField(name: .rateLimitStatus, value: "fail-open")) }
        return fields
    }

    /// The decision as JSON.
    private var body: ByteBuffer {
        var body = ByteBufferAllocator().buffer(capacity: 640)
        body.writeString("{\"decision\":\"")
        body.writeString(decisionName)
        body.writeString("\",\"allowed\":")
        body.writeString(status == .ok ? "true" : "false")
        if case .limited(let window) = answer.decision.outcome {
            body.writeString(",\"limited_by\":")
            body.writeJSON(text: window)
        }
        switch verdict {
        case .unavailable(let reason), .failedOpen(let reason):
            body.writeString(",\"reason\":\"")
            body.writeString(reason.rawValue)
            body.writeString("\"")
        case .limited:
            body.writeString(",\"retry_after_ms\":")
            body.writeJSON(number: answer.decision.retryAfterMilliseconds)
        case .allowed: break
        }
        writeOrigin(into: &body)
        writeWindows(into: &body)
        body.writeString("}")
        return body
    }

    private var decisionName: String {
        switch verdict {
        case .allowed: "allowed"
        case .limited: "limited"
        case .unavailable: "unavailable"
        case .failedOpen: "fail_open"
        }
    }

    private func writeOrigin(into body: inout ByteBuffer) {
        body.writeString(",\"strategy\":\"")
        body.writeString(answer.strategy.rawValue)
        body.writeString("\",\"backend\":\"")
        body.writeString(Self.backend(answer.enforced))
        body.writeString("\",\"stand_in\":")
        body.writeString(answer.isStandIn ? "true" : "false")
    }

    private func writeWindows(into body: inout ByteBuffer) {
        body.writeString(",\"windows\":[")
        var isFirst = true
        for state in answer.decision.windows {
            body.writeString(isFirst ? "{\"name\":" : ",{\"name\":")
            isFirst = false
            body.writeJSON(text: state.window.name)
            body.writeString(",\"limit\":")
            body.writeJSON(number: Int64(state.window.limit))
            body.writeString(",\"duration_ms\":")
            body.writeJSON(number: state.window.durationMilliseconds)
            body.writeString(",\"remaining\":")
            body.writeJSON(number: Int64(state.remaining))
            body.writeString(",\"reset_ms\":")
            body.writeJSON(number: state.reset.milliseconds)
            body.writeString("}")
        }
        body.writeString("]")
    }
}

/// The headers that callers and gateways know.
extension HTTPField.Name {
    static let rateLimitLimit = HTTPField.Name("X-RateLimit-Limit")!
    static let rateLimitRemaining = HTTPField.Name("X-RateLimit-Remaining")!
    static let rateLimitReset = HTTPField.Name("X-RateLimit-Reset")!
    static let rateLimitType = HTTPField.Name("X-RateLimit-Type")!
    static let rateLimitBackend = HTTPField.Name("X-Rate-Limit-Backend")!
    static let rateLimitStatus = HTTPField.Name("X-Rate-Limit-Status")!
    static let apiKey = HTTPField.Name("X-API-Key")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    /// Set by the connection's handler, if bytes of the request's head were not UTF-8 and the decoder replaced them.
    static let notUTF8 = HTTPField.Name("X-Parallax-Not-UTF-8")!
}

extension Response {
    /// An answer with a value as its body, for routes where the time of Foundation's encoder does not matter.
    init(json value: some Encodable, status: HTTPResponse.Status = .ok) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = ByteBuffer(bytes: try encoder.encode(value))
        self.init(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }

    /// `{"error": {"code", "message"}}` with the status that goes with it.
    init(_ error: RequestError) {
        self.init(status: error.status, headers: error.headers, body: ResponseBody(byteBuffer: error.body))
    }
}

extension ByteBuffer {
    /// Writes a text as a JSON string, with quotes.
    mutating func writeJSON(text: String) {
        writeInteger(UInt8(ascii: "\""))
        writeString(JSONEscaping.inQuotes(text))
        writeInteger(UInt8(ascii: "\""))
    }

    /// Writes a number in decimal digits.
    mutating func writeJSON(number: Int64) {
        writeString(String(number))
    }
}
