import NIOHTTP1
import Settings

/// What a request's head must be before anything is done for it: rules that hold whatever the route.
///
/// One pass over the headers, since every check pays for it.
struct RequestHeadRules: Sendable {
    /// The largest body of all routes but the one for response times, in bytes.
    static let usualMaximumBodyBytes = CheckBody.maximumBytes

    /// Names by which the service may be called, in addition to addresses and names that no public server can have.
    private let hosts: AllowedHosts
    /// The last `Host` that was accepted: on a connection it hardly ever changes.
    private var acceptedHost: String?
    /// The last one that was accepted because no browser sent it.
    private var acceptedProgramHost: String?

    init(hosts: AllowedHosts) {
        self.hosts = hosts
    }

    /// What the handler needs to know of a head.
    struct Verdict: Equatable {
        /// Why the request is refused; `nil` if it is passed on.
        var error: RequestError?
        /// Whether the client waits for `100 Continue` before it sends the body.
        var awaitsContinue = false
        /// Whether nothing can be read after this request: the decoder stops where a client may change the protocol.
        var endsReading = false
        /// Whether the body's length is not known before its end.
        var isChunked = false
        /// The path and query of an absolute target; `nil` if the target is as the routes need it.
        var path: String?
    }

    mutating func judge(_ head: HTTPRequestHead) -> Verdict {
        guard let target = RequestTarget(head.uri, method: head.method) else { return Verdict(error: .malformed) }
        let fields = Fields(head.headers)
        if let error = Self.framingProblem(fields, version: head.version) { return Verdict(error: error) }
        guard fields.hostCount == 1 || (fields.hostCount == 0 && head.version == .http1_0) else {
            return Verdict(error: .missingHost)
        }
        if let error = hostProblem(fields, target, isFromBrowser: fields.isFromBrowser(head.method)) {
            return Verdict(error: error)
        }
        let isPost = head.method == .POST && !target.isForwardAuth
        if isPost, fields.isCrossSite(host: target.authority ?? fields.host) { return Verdict(error: .crossSite) }
        var verdict = Verdict(isChunked: fields.transferCoding != nil)
        verdict.endsReading = head.method == .CONNECT || (fields.hasUpgrade && head.headers.asksToUpgrade)
        if target.authority != nil { verdict.path = target.path }
        guard fields.expects, head.version != .http1_0, isPost else { return verdict }
        let maximumBytes = Self.maximumBodyBytes(at: target.path)
        guard fields.length ?? 0 <= maximumBytes else {
            return Verdict(error: .bodyTooLarge(maximumBytes: maximumBytes))
        }
        verdict.awaitsContinue = true
        return verdict
    }

    /// What keeps the end of the request from being known for certain (RFC 9112, 6.1).
    private static func framingProblem(_ fields: Fields, version: HTTPVersion) -> RequestError? {
        guard let coding = fields.transferCoding else { return nil }
        guard version != .http1_0 else { return .malformed }
        return coding.isHeader("chunked") && fields.transferCodingCount == 1 ? nil : .unsupportedTransferCoding
    }

    /// What is wrong with the host that the request names. An absolute target's authority replaces `Host` (RFC 9112,
    /// 3.2.2).
    private mutating func hostProblem(
        _ fields: Fields, _ target: RequestTarget, isFromBrowser: Bool
    ) -> RequestError? {
        // A gateway asks about a request with the Host that its own client sent.
        let isFree = target.isForwardAuth
        if fields.hostCount == 1 {
            let isFree = isFree || target.authority != nil
            if let error = hostProblem(fields.host, isFree: isFree, isFromBrowser: isFromBrowser) { return error }
        }
        return target.authority.flatMap { hostProblem($0, isFree: isFree, isFromBrowser: isFromBrowser) }
    }

    /// - Parameter isFree: Whether it may be the name of any host.
    private mutating func hostProblem(_ host: String, isFree: Bool, isFromBrowser: Bool) -> RequestError? {
        if host == acceptedHost || (host == acceptedProgramHost && !isFromBrowser) { return nil }
        guard AllowedHosts.isHost(host) else { return .invalidHost }
        guard !isFree else { return nil }
        switch hosts.acceptance(of: host) {
        case .always: acceptedHost = host
        case .fromPrograms where !isFromBrowser: acceptedProgramHost = host
        case .fromPrograms, .never: return .unknownHost
        }
        return nil
    }

    private static func maximumBodyBytes(at path: String) -> Int {
        path.hasPrefix("/v1/response-times") ? ResponseTimesBody.maximumBytes : usualMaximumBodyBytes
    }
}

/// The header fields that the rules look at.
private struct Fields {
    private(set) var hostCount = 0
    private(set) var host = ""
    private(set) var expects = false
    /// `Content-Length`; one that no integer can hold is as good as the largest.
    private(set) var length: Int?
    private(set) var transferCodingCount = 0
    private(set) var transferCoding: String?
    private var origin: String?
    private var site: String?
    private var namesLanguages = false
    private(set) var hasUpgrade = false

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            switch name.utf8.count {
            case 4 where name.isHeader("host"):
                hostCount += 1
                host = value
            case 6 where name.isHeader("origin"): origin = value
            case 6 where name.isHeader("expect"): expects = value.isHeader("100-continue")
            case 7 where name.isHeader("upgrade"): hasUpgrade = true
            case 14 where name.isHeader("content-length"): length = Int(value) ?? .max
            case 14 where name.isHeader("sec-fetch-site"): site = value
            case 15 where name.isHeader("accept-language"): namesLanguages = true
            case 17 where name.isHeader("transfer-encoding"):
                transferCodingCount += 1
                transferCoding = value
            default: break
            }
        }
    }

    /// Whether a browser can have sent the request.
    ///
    /// With a POST it names the page's origin. With a GET for a page of the same origin over plain HTTP it sends
    /// neither `Origin` nor `Sec-Fetch-Site`, but the languages of its user, and a page cannot have it leave them out.
    func isFromBrowser(_ method: HTTPMethod) -> Bool {
        origin != nil || site != nil || (namesLanguages && method != .POST)
    }

    /// Whether a browser sent the request for a page of another origin. Only browsers send these headers.
    func isCrossSite(host: String) -> Bool {
        if let site, site != "same-origin", site != "none" { return true }
        guard let origin else { return false }
        // The service's own pages may post; whether its name is one of its own was asked before.
        return !["http://\(host)", "https://\(host)"].contains { $0.isHeader(origin) }
    }
}

extension HTTPHeaders {
    fileprivate var asksToUpgrade: Bool { self[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" } }
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
}

extension RequestHeadRules {
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
}

extension String {
    fileprivate var isForwardAuth: Bool {
        let path = "/v1/forward-auth"
        guard hasPrefix(path) else { return false }
        let next = utf8.dropFirst(path.utf8.count).first
        return next == nil || next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
    }
}
