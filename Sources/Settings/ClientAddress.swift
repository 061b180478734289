/// Whose address a request comes from, when proxies that are trusted stand in between.
///
/// Each proxy appends the address it was called from to `X-Forwarded-For`, so only what trusted proxies appended can be
/// believed: the walk goes from the right, and ends at the first address that is not a trusted proxy's.
package struct ClientAddress: Equatable, Sendable {
    /// The most entries that are looked at if no setting says how many: no chain of trusted proxies is as long.
    package static let defaultMaximumHops = 64

    let trustedProxies: [CIDR]
    /// The most entries that trusted proxies appended.
    let maximumHops: Int

    package init(trustedProxies: [CIDR], maximumHops: Int = ClientAddress.defaultMaximumHops) {
        self.trustedProxies = trustedProxies
        self.maximumHops = maximumHops
    }

    package func trusts(_ peer: IPAddress?) -> Bool {
        guard let peer else { return false }
        return trustedProxies.contains { $0.contains(peer) }
    }

    /// The client's address.
    ///
    /// - Parameters:
    ///   - peer: Who the connection comes from.
    ///   - forwardedFor: The values of the `X-Forwarded-For` headers in the order in which they came.
    /// - Returns: The rightmost address that is not a trusted proxy's; the last trusted one if what it forwarded is
    ///   no address; the last one looked at if all are trusted.
    package func resolve(peer: IPAddress, forwardedFor: [some StringProtocol]) -> IPAddress {
        guard trusts(peer) else { return peer }
        var client = peer
        var hops = 0
        for header in forwardedFor.reversed() {
            for entry in header.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                hops += 1
                guard hops <= maximumHops, let address = Self.address(entry) else { return client }
                client = address
                if !trusts(address) { return client }
            }
        }
        return client
    }

    /// The address in an entry, which may have a port and, around IPv6, brackets (as in RFC 7239).
    static func address(_ entry: some StringProtocol) -> IPAddress? {
        let entry = String(entry).trimmingBlanks()
        if entry.hasPrefix("[") {
            guard let end = entry.firstIndex(of: "]") else { return nil }
            let rest = entry[entry.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            let address = IPAddress(entry[entry.index(after: entry.startIndex)..<end])
            return address
        }
        if let colon = entry.firstIndex(of: ":"), entry.lastIndex(of: ":") == colon {
            return isPort(entry[colon...]) ? IPAddress(entry[..<colon]) : nil
        }
        return IPAddress(entry)
    }

    /// A colon and a number of at most 65,535.
    private static func isPort(_ text: Substring) -> Bool {
        guard text.hasPrefix(":") else { return false }
        let digits = text.dropFirst().utf8
        return (1...5).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
            && UInt16(text.dropFirst()) != nil
    }
}
