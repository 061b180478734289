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

    /// The address in a text; `nil` where it is none. No port, brackets, zone or blanks.
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

    /// The address of a socket's end; `nil` where it is a Unix socket.
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
