import Settings
import NIOHTTP1

/// What a request's head must be before anything is done for it: rules that hold whatever the route.
///
/// One pass over the headers, since every check pays for it.
struct RequestHeadRules: Sendable {
    /// The largest body that any route takes, in bytes.
    static let maximumBodyBytes = ResponseTimesBody.maximumBytes

    /// Names by which the service may be called, in addition to addresses and names that no public server can have.
    private let hosts: AllowedHosts
    /// The last `Host` that was accepted: on a connection it hardly ever changes.
    private var acceptedHost: String?

    init(hosts: AllowedHosts) {
        self.hosts = hosts
    }

    /// What the handler needs to know of a head.
    struct Verdict: Equatable {
        /// Why the request is refused; `nil` if it is passed on.
        var error: RequestError?
        /// Whether the client waits for `100 Continue` before it sends the body.
        var awaitsContinue = false
    }

    mutating func judge(_ head: HTTPRequestHead) -> Verdict {
        var hostCount = 0
        var host = ""
        var origin: String?
        var site: String?
        var expects = false
        var length: Int?
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 4 where name.isHeader("host"):
                hostCount += 1
                host = value
            case 6 where name.isHeader("origin"): origin = value
            case 6 where name.isHeader("expect"): expects = value.isHeader("100-continue")
            case 14 where name.isHeader("content-length"): length = Int(value)
            case 14 where name.isHeader("sec-fetch-site"): site = value
            default: break
            }
        }
        guard hostCount == 1 || (hostCount == 0 && head.version == .http1_0) else {
            return Verdict(error: .missingHost)
        }
        let isForwardAuth = head.uri.isForwardAuth
        // A gateway asks about a request with the Host that its own client sent.
        if hostCount == 1, !isForwardAuth, !accepts(host) { return Verdict(error: .unknownHost) }
        if head.method == .POST, !isForwardAuth, Self.isCrossSite(origin: origin, site: site, host: host) {
            return Verdict(error: .crossSite)
        }
        guard expects, head.version != .http1_0, head.method == .POST, !isForwardAuth else { return Verdict() }
        guard length ?? 0 <= Self.maximumBodyBytes else {
            return Verdict(error: .bodyTooLarge(maximumBytes: Self.maximumBodyBytes))
        }
        return Verdict(awaitsContinue: true)
    }

    private mutating func accepts(_ host: String) -> Bool {
        if host == acceptedHost { return true }
        guard hosts.contains(host) else { return false }
        acceptedHost = host
        return true
    }

    /// Whether a browser sent the request for a page of another origin. Only browsers send these headers.
    private static func isCrossSite(origin: String?, site: String?, host: String) -> Bool {
        if let site, site != "same-origin", site != "none" { return true }
        guard let origin else { return false }
        // The service's own pages may post; whether its name is one of its own was asked before.
        return !["http://\(host)", "https://\(host)"].contains { $0.isHeader(origin) }
    }
}

extension String {
    /// Whether this is a header's name or value, whatever the case of its letters.
    fileprivate func isHeader(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return zip(utf8, other.utf8).allSatisfy { left, right in
            left == right
                || (left | 0x20 == right | 0x20 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(left | 0x20))
        }
    }

    /// Whether a request's target is the gateways' route or a path below it.
    fileprivate var isForwardAuth: Bool {
        let path = "/v1/forward-auth"
        guard hasPrefix(path) else { return false }
        let next = utf8.dropFirst(path.utf8.count).first
        return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
    }
}
