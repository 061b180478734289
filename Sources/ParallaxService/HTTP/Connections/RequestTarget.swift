import NIOHTTP1

/// A request's target in the forms that it can have (RFC 9112, 3.2).
struct RequestTarget: Equatable {
    /// The host and port that an absolute target names, which count in place of `Host`; `nil` in the other forms.
    let authority: String?
    /// The path with the query, for the routes.
    let path: String

    /// - Returns: `nil` if the target has none of the forms, or a fragment, which no target can have.
    init?(_ text: String, method: HTTPMethod) {
        if text.utf8.first == UInt8(ascii: "/") {
            // A gateway may append the path that its client sent, whatever it is.
            guard text.isForwardAuth || !text.utf8.contains(UInt8(ascii: "#")) else { return nil }
            (authority, path) = (nil, text)
        } else if method == .CONNECT || (method == .OPTIONS && text == "*") {
            (authority, path) = (nil, text)
        } else {
            guard let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }) else {
                return nil
            }
            let rest = text.dropFirst(scheme.count)
            let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            guard end > rest.startIndex, !rest.utf8.contains(UInt8(ascii: "#")) else { return nil }
            authority = String(rest[..<end])
            path = (rest[end...].utf8.first == UInt8(ascii: "/") ? "" : "/") + rest[end...]
        }
    }

    /// Whether it is the gateways' route or a path below it.
    var isForwardAuth: Bool { path.isForwardAuth }
}

extension String {
    fileprivate var isForwardAuth: Bool {
        let path = "/v1/forward-auth"
        guard hasPrefix(path) else { return false }
        let next = utf8.dropFirst(path.utf8.count).first
        return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
    }
}
