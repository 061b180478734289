/// One answer of Redis in RESP2.
///
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
package enum RedisReply: Equatable, Sendable {
    case status(String)
    case error(String)
    case integer(Int64)
    case bulk([UInt8])
    case array([RedisReply])
    case null
}

extension RedisReply {
    var isError: Bool {
        if case .error = self { true } else { false }
    }

    /// The text of a status or a bulk string; `nil` for anything else and for bytes that are not valid UTF-8.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }
}
