/// Counts what comes to the HTTP entrance and how it is answered. No identity, path or tenant is ever a label.
package final class HTTPMetrics: Sendable {
    /// What a caller tried in order to be judged as another one, or not at all. The raw values are labels: they keep
    /// their meaning.
    enum BypassAttempt: String, CaseIterable {
        /// `X-Forwarded-For` from a peer that is not in `TRUSTED_PROXIES`.
        case untrustedForwarding = "untrusted_forwarding"
        /// An organization named by a peer that is not in `TRUSTED_PROXIES`.
        case untrustedOrganization = "untrusted_organization"
        /// An organization that has no limits of its own, named through a trusted proxy.
        case unconfiguredOrganization = "unconfigured_organization"
        case keyIsAddress = "key_is_address"
        /// A header that decides who is limited, twice or not in UTF-8.
        case ambiguousHeader = "ambiguous_header"
        case malformedRequest = "malformed_request"
        case headersTooLarge = "headers_too_large"
        case slowRequest = "slow_request"
        case unknownHost = "unknown_host"
        case crossSite = "cross_site"
        /// An admin route without the token.
        case refusedAdmin = "refused_admin"
        /// Response times without the reporters' token, though one is set.
        case refusedReport = "refused_report"

        /// What an error that refused a request stands for; `nil` if it is a mistake only.
        init?(_ error: RequestError) {
            switch error {
            case .keyIsAddress: self = .keyIsAddress
            case .repeatedHeader, .headerNotUTF8: self = .ambiguousHeader
            case .malformed, .missingHost, .invalidHost, .unsupportedTransferCoding: self = .malformedRequest
            case .headersTooLarge: self = .headersTooLarge
            case .timedOut: self = .slowRequest
            case .unknownHost: self = .unknownHost
            case .crossSite: self = .crossSite
            case .unauthorized, .adminOff: self = .refusedAdmin
            case .unauthorizedReport: self = .refusedReport
            default: return nil
            }
        }
    }

    /// Statuses that are given; others are counted under 0.
    private static let statuses = [
        200, 202, 400, 401, 403, 404, 405, 408, 409, 413, 421, 429, 431, 500, 501, 503, 0,
    ]

    private let attempts = CounterTable<BypassAttempt>()
    private let closings = CounterTable<ConnectionState.Reason>()
    private let connectionsOpened = Counter()
    private let connectionsRefused = Counter()
    private let failOpenPasses = Counter()
    private let answers = HTTPMetrics.statuses.map { _ in Counter() }

    package init() {}

    func count(_ attempt: BypassAttempt) { attempts.add(attempt) }

    /// A request was refused before it was judged.
    func refused(_ error: RequestError) {
        if let attempt = BypassAttempt(error) { attempts.add(attempt) }
    }

    func answered(status: Int) {
        let place = Self.statuses.firstIndex(of: status) ?? Self.statuses.count - 1
        answers[place].add()
    }

    /// A request passed though it was not judged: Redis did not answer, and the flags say to fail open.
    func failedOpen() { failOpenPasses.add() }

    func closed(_ reason: ConnectionState.Reason) { closings.add(reason) }

    func connectionOpened() { connectionsOpened.add() }

    func connectionRefused() { connectionsRefused.add() }

    /// - Parameter connections: The connections that are open; `nil` if they are not counted.
    func write(to text: inout PrometheusText, connections: ConnectionTable?) {
        text.begin(
            "parallax_http_responses_total", .counter, help: "Answers by HTTP status; 0 stands for any other status.")
        for (status, counter) in zip(Self.statuses, answers) {
            text.sample("parallax_http_responses_total", ["status": String(status)], counter.value)
        }
        text.begin(
            "parallax_bypass_attempts_total", .counter,
            help:
                "What callers tried that could have them judged as others or not at all; all of it was refused or ignored."
        )
        for (kind, count) in attempts.counts {
            text.sample("parallax_bypass_attempts_total", ["kind": kind], count)
        }
        text.begin(
            "parallax_fail_open_passes_total", .counter,
            help: "Requests that passed unjudged since Redis did not answer and FAIL_OPEN_ON_REDIS_ERROR is true.")
        text.sample("parallax_fail_open_passes_total", failOpenPasses.value)
        text.begin("parallax_http_connections", .gauge, help: "Open HTTP connections.")
        text.sample("parallax_http_connections", connections?.count ?? 0)
        text.begin("parallax_http_connections_maximum", .gauge, help: "The most HTTP connections that are served.")
        text.sample("parallax_http_connections_maximum", connections?.maximum ?? 0)
        text.begin("parallax_http_connections_opened_total", .counter, help: "HTTP connections that were opened.")
        text.sample("parallax_http_connections_opened_total", connectionsOpened.value)
        text.begin(
            "parallax_http_connections_refused_total", .counter,
            help: "Connections that were closed at once, since all other connections were waiting for an answer.")
        text.sample("parallax_http_connections_refused_total", connectionsRefused.value)
        text.begin(
            "parallax_http_connections_closed_total", .counter, help: "Connections that the service ended, by reason.")
        for (reason, count) in closings.counts {
            text.sample("parallax_http_connections_closed_total", ["reason": reason], count)
        }
    }
}
