package import HTTPTypes
import Hummingbird
import ParallaxCore
package import Settings

/// `/v1/forward-auth`: the same answer for a gateway that asks about a request it holds, found out from its headers.
///
/// Traefik and Caddy ask with GET. Envoy asks with the method of the request it holds, and appends its path.
struct ForwardAuthController<Context: PeerContext>: Sendable {
    let checkHandler: CheckHandler
    let identification: Replaceable<CallerIdentification>
    let metrics: HTTPMetrics

    func addRoutes(to routes: inout RouteTable<Context>) {
        for path in ["/v1/forward-auth", "/v1/forward-auth/**"] {
            routes.on(path, RouteTable<Context>.knownMethods) { request, context in
                await answer(request, context)
            }
        }
    }

    private func answer(_ request: Request, _ context: Context) async -> Response {
        let arrival = ContinuousClock.now
        let response: Response
        do throws(RequestError) {
            let peer = context.peer
            let identification = identification.current
            for attempt in identification.ignored(peer: peer, headers: request.headers) { metrics.count(attempt) }
            let identity = try identification.identify(peer: peer, headers: request.headers)
            if checkHandler.policies.read({ $0.isUnconfigured(identity.organization) }) {
                metrics.count(.unconfiguredOrganization)
            }
            response = try await checkHandler.answer(identity, cost: 1, arrival: arrival, hasBodyIfAllowed: false)
        } catch {
            metrics.refused(error)
            response = Response(error)
        }
        return request.method == .head ? response.createHeadResponse() : response
    }
}

/// Who a request that a gateway asks about is limited as.
///
/// The identifier is the API key, else the client's address or network. The two must not meet: a caller who sends another
/// one's address as key would spend that one's budget. So a key that reads as an address or a network is refused.
package struct CallerIdentification: Equatable, Sendable {
    let addresses: ClientAddress
    /// The header in which a trusted proxy names the organization; `nil` if it names none.
    let organizationHeader: HTTPField.Name?
    /// How many bits of an IPv6 address say who is limited, 1 to 128.
    let ipv6PrefixLength: Int

    package init(
        addresses: ClientAddress = ClientAddress(trustedProxies: []), organizationHeader: HTTPField.Name? = nil,
        ipv6PrefixLength: Int = 64
    ) {
        precondition((1...128).contains(ipv6PrefixLength), "an IPv6 address has 128 bits")
        self.addresses = addresses
        self.organizationHeader = organizationHeader
        self.ipv6PrefixLength = ipv6PrefixLength
    }

    /// Names the caller.
    ///
    /// - Parameters:
    ///   - peer: Who the connection comes from; `nil` if it has no internet address.
    ///   - headers: The request's headers. The organization's counts from a trusted proxy only.
    /// - Throws: ``RequestError`` for what the caller or the gateway has to put right.
    func identify(peer: IPAddress?, headers: HTTPFields) throws(RequestError) -> Identity {
        var organization: String?
        if let organizationHeader, addresses.trusts(peer) {
            organization = try Self.value(of: organizationHeader, in: headers)
        }
        let identifier = try identifier(peer: peer, headers: headers)
        do throws(IdentityError) {
            return try Identity(organization: organization, identifier: identifier)
        } catch {
            throw .identity(error)
        }
    }

    private func identifier(peer: IPAddress?, headers: HTTPFields) throws(RequestError) -> String {
        if let key = try Self.value(of: .apiKey, in: headers) {
            guard !IPAddress.isAddressOrNetwork(key) else { throw .keyIsAddress }
            return key
        }
        guard let peer else { throw .unknownClient }
        let client = addresses.resolve(peer: peer, forwardedFor: headers[values: .forwardedFor])
        return client.limitedNetwork(ipv6PrefixLength: ipv6PrefixLength)
    }

    /// The one value of a header; `nil` if it is not there.
    private static func value(of name: HTTPField.Name, in headers: HTTPFields) throws(RequestError) -> String? {
        let values = headers[values: name]
        guard values.count <= 1 else { throw .repeatedHeader(name.rawName) }
        // What is not UTF-8 was decoded to this character: two different values would be one identity. In a request that
        // is UTF-8 it is a character like any other.
        if let value = values.first, value.unicodeScalars.contains("\u{fffd}"), headers.contains(.notUTF8) {
            throw .headerNotUTF8(name.rawName)
        }
        return values.first
    }

    /// What a caller sent that does not count, since its peer is not trusted.
    func ignored(peer: IPAddress?, headers: HTTPFields) -> [HTTPMetrics.BypassAttempt] {
        guard !addresses.trusts(peer) else { return [] }
        var attempts: [HTTPMetrics.BypassAttempt] = []
        if headers[.forwardedFor] != nil { attempts.append(.untrustedForwarding) }
        if let organizationHeader, headers[organizationHeader] != nil { attempts.append(.untrustedOrganization) }
        return attempts
    }
}

extension Settings.HTTP {
    /// How callers of forward-auth are named.
    var identification: CallerIdentification {
        CallerIdentification(
            addresses: ClientAddress(trustedProxies: trustedProxies, maximumHops: trustedHops),
            organizationHeader: organizationHeader, ipv6PrefixLength: ipv6PrefixLength)
    }
}
