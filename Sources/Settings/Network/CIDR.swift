/// A network: all addresses that share their first bits (RFC 4632, RFC 4291).
package struct CIDR: Hashable, Sendable {
    /// The network's first address.
    package let base: IPAddress
    /// How many bits the addresses share, counted as in IPv6: an IPv4 network's length and 96.
    private let sharedBits: Int

    /// The network in a text such as `10.0.0.0/8`, `fd00::/8` or a bare address; `nil` if it is none, or if bits
    /// beyond the shared ones are set.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let base = IPAddress(parts[0]) else { return nil }
        let isWrittenAsIPv4 = !parts[0].contains(":")
        var sharedBits = 128
        if parts.count == 2 {
            guard let length = Self.length(parts[1]), length <= (isWrittenAsIPv4 ? 32 : 128) else { return nil }
            sharedBits = isWrittenAsIPv4 ? length + 96 : length
        }
        guard base.bits & ~Self.mask(sharedBits) == 0 else { return nil }
        // A network of IPv6 that is wider than all of IPv4 and holds it has nothing to do with IPv4.
        guard !base.isIPv4 || sharedBits >= 96 else { return nil }
        self.base = base
        self.sharedBits = sharedBits
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == base.isIPv4 && (address.bits ^ base.bits) & Self.mask(sharedBits) == 0
    }

    /// Whether this is all of IPv4 or all of IPv6.
    package var isEverything: Bool { sharedBits == (base.isIPv4 ? 96 : 0) }

    /// Whether this is wider than a /16 of IPv4 or a /48 of IPv6: hardly proxies only.
    package var isWide: Bool { sharedBits < (base.isIPv4 ? 96 + 16 : 48) }

    private static func mask(_ sharedBits: Int) -> UInt128 {
        sharedBits == 0 ? 0 : UInt128.max << UInt128(128 - sharedBits)
    }

    /// One to three digits: no sign, no blank.
    private static func length(_ text: some StringProtocol) -> Int? {
        guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}

extension CIDR: CustomStringConvertible {
    package var description: String { "\(base)/\(base.isIPv4 ? sharedBits - 96 : sharedBits)" }
}
