package import NIOCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An IPv4 or IPv6 address, without zone and port. An IPv4-mapped IPv6 address is the IPv4 address.
package struct IPAddress: Hashable, Sendable {
    /// The address as IPv6, an IPv4 address as its mapped form (RFC 4291, 2.5.5.2).
    let bits: UInt128

    private static let mappedPrefix: UInt128 = 0xffff << 32

    package var isIPv4: Bool { bits >> 32 == 0xffff }

    /// The address in a text; `nil` if it is none. No port, brackets, zone or blanks.
    package init?(_ text: some StringProtocol) {
        // The C function would stop reading at a NUL.
        guard !text.isEmpty, text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        let isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
        var packed = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
        let isAddress = text.withCString { inet_pton(isIPv6 ? AF_INET6 : AF_INET, $0, &packed) == 1 }
        guard isAddress else { return nil }
        let value = packed.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        bits = isIPv6 ? value : Self.mappedPrefix | value
    }

    /// The address of a socket's end; `nil` if it is a Unix socket.
    package init?(_ socket: SocketAddress) {
        // A link-local address may have a zone, which says nothing about who is at the other end.
        guard let text = socket.ipAddress else { return nil }
        self.init(text.prefix { $0 != "%" })
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as text in its usual form (RFC 5952 for IPv6).
    package var description: String {
        if isIPv4 {
            return "\(UInt8(truncatingIfNeeded: bits >> 24)).\(UInt8(truncatingIfNeeded: bits >> 16))"
                + ".\(UInt8(truncatingIfNeeded: bits >> 8)).\(UInt8(truncatingIfNeeded: bits))"
        }
        var packed = ByteBuffer()
        packed.writeInteger(UInt64(truncatingIfNeeded: bits >> 64))
        packed.writeInteger(UInt64(truncatingIfNeeded: bits))
        guard let text = try? SocketAddress(packedIPAddress: packed, port: 0).ipAddress else {
            preconditionFailure("sixteen bytes are an IPv6 address")
        }
        return text
    }
}

extension IPAddress {
    /// The address or network that is limited as one, as an identifier.
    ///
    /// A host of IPv6 has a whole network, usually of 64 bits, and so has an attacker. An address that stands for an
    /// IPv4 host behind a translator (`64:ff9b::/96`, RFC 6052) is that host: all of IPv4 shares one network there. One of
    /// 6to4 (`2002::/16`, RFC 3056) belongs to a site of 48 bits, which is one IPv4 address.
    package func limitedNetwork(ipv6PrefixLength: Int) -> String {
        if isIPv4 || ipv6PrefixLength == 128 { return description }
        if bits >> 32 == Self.translatedPrefix { return IPAddress(ipv4: UInt32(truncatingIfNeeded: bits)).description }
        let length = bits >> 112 == 0x2002 ? min(ipv6PrefixLength, 48) : ipv6PrefixLength
        let base = IPAddress(bits: bits & UInt128.max << UInt128(128 - length))
        return "\(base)/\(length)"
    }

    /// Whether a text could be taken for what ``limitedNetwork(ipv6PrefixLength:)`` makes.
    package static func isAddressOrNetwork(_ text: String) -> Bool {
        let address = text.firstIndex(of: "/").map { text[..<$0] } ?? text[...]
        return IPAddress(address) != nil
    }

    /// `64:ff9b::/96` without its last 32 bits.
    private static let translatedPrefix: UInt128 = 0x0064_ff9b << 64

    private init(bits: UInt128) {
        self.bits = bits
    }

    private init(ipv4: UInt32) {
        bits = Self.mappedPrefix | UInt128(ipv4)
    }
}

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
