import ParallaxCore

/// Who a request that a gateway asks about is limited as.
///
/// The identifier is the API key, else the client's address. The two must not meet: a caller who sends another one's
/// address as key would spend that one's budget. So a key that reads as an address is refused.
struct CallerIdentification: Sendable {
    var addresses: ClientAddress

    init(trustedProxies: [CIDR]) {
        addresses = ClientAddress(trustedProxies: trustedProxies)
    }

    /// Names the caller.
    ///
    /// - Parameters:
    ///   - peer: Who the connection comes from; `nil` where it is no internet address.
    ///   - apiKeys: The values of the `X-API-Key` headers.
    ///   - organizations: The values of the `X-Organization-Id` headers; heeded from a trusted proxy only.
    ///   - forwardedFor: The values of the `X-Forwarded-For` headers.
    /// - Throws: ``RequestError`` for what the caller or the gateway has to put right.
    func identify(
        peer: IPAddress?, apiKeys: [String], organizations: [String], forwardedFor: [String]
    ) throws(RequestError) -> Identity {
        var organization: String?
        if addresses.trusts(peer) {
            guard organizations.count <= 1 else { throw .repeatedHeader("X-Organization-Id") }
            organization = organizations.first
        }
        let identifier = try identifier(peer: peer, apiKeys: apiKeys, forwardedFor: forwardedFor)
        do throws(IdentityError) {
            return try Identity(organization: organization, identifier: identifier)
        } catch {
            throw .identity(error)
        }
    }

    private func identifier(
        peer: IPAddress?, apiKeys: [String], forwardedFor: [String]
    ) throws(RequestError) -> String {
        guard apiKeys.count <= 1 else { throw .repeatedHeader("X-API-Key") }
        if let key = apiKeys.first {
            guard IPAddress(key) == nil else { throw .keyIsAddress }
            return key
        }
        guard let peer else { throw .unknownClient }
        return addresses.resolve(peer: peer, forwardedFor: forwardedFor).description
    }
}
