import HTTPTypes
import NIOCore
import ParallaxCore

/// Answers that give the caller's own verdict back: what the report holds, and nothing of what is known here.
extension HTTPFields {
    /// Appends the limit, what remains and the window, as far as they were reported.
    mutating func append(_ reported: ReportedControl) {
        if let limit = reported.verdict.limit { append(HTTPField(name: .rateLimitLimit, value: String(limit))) }
        if let remaining = reported.verdict.remaining {
            append(HTTPField(name: .rateLimitRemaining, value: String(remaining)))
        }
        if let window = reported.window { append(HTTPField(name: .rateLimitType, value: window)) }
    }
}

extension ByteBuffer {
    /// Writes what was reported, as further members of the answer's object.
    mutating func write(_ reported: ReportedControl) {
        writeString(",\"reported\":true,\"final\":")
        writeString(reported.verdict.isFinal ? "true" : "false")
        if let limit = reported.verdict.limit {
            writeString(",\"limit\":")
            writeJSON(number: Int64(limit))
        }
        if let remaining = reported.verdict.remaining {
            writeString(",\"remaining\":")
            writeJSON(number: Int64(remaining))
        }
    }
}
