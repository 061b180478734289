/// Where one server of several listens.
package struct NodeAddress: Hashable, Sendable {
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

extension NodeAddress {
    /// Reads an address as Redis writes it in a redirection: host, colon and port, IPv6 without brackets.
    ///
    /// `nil` if it is none, or could not be printed as it is. The host is empty if the server does not know it.
    init?(redirection text: Substring) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else { return nil }
        self.init(host: String(text[..<colon]), announcedPort: port)
    }

    /// An address that a server has announced; `nil` if it cannot be one.
    init?(host: String, announcedPort port: Int) {
        guard (1...65535).contains(port), host != "?", Self.isHost(host)
        else { return nil }
        self.init(host: host, port: port)
    }

    /// This address, with the host of the server that announced it if it left its own out.
    func announced(by server: NodeAddress) -> NodeAddress {
        host.isEmpty ? NodeAddress(host: server.host, port: port) : self
    }

    /// Whether a text can be a host, or is empty: then it can be printed as it is.
    static func isHost(_ text: String) -> Bool {
        text.utf8.count <= 255 && text.utf8.allSatisfy(isOfHost)
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}

extension NodeAddress: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
