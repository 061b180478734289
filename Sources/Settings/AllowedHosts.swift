/// The names in `Host` that the service answers to.
///
/// A page that had its own name resolve to the service's address (DNS rebinding) sends that name. So a name that any
/// public server could have must be listed; an address, and a name that no public server can have, need not be. A name
/// of two labels is also how a cluster names a service of another namespace (`parallax.ratelimit`): it is refused to
/// browsers only, without which no page can send it.
package struct AllowedHosts: Equatable, Sendable {
    /// Endings that public DNS does not hold: RFC 6761, 6762 (also its appendix G) and 8375, ICANN resolution
    /// 2024.07.29.06, and Kubernetes' own.
    private static let privateEndings = [
        ".localhost", ".local", ".internal", ".svc", ".home.arpa", ".corp", ".home", ".intranet", ".lan", ".private",
    ]

    /// From what kind of client a name is understood.
    package enum Acceptance: Equatable, Sendable {
        case always
        /// Not from a browser.
        case fromPrograms
        case never
    }

    private let names: Set<String>

    /// - Parameter names: Names in lower case, without a port.
    package init(_ names: some Sequence<String> = []) {
        self.names = Set(names.map { Self.withoutLastDot($0[...]).lowercased() })
    }

    /// Whether a text can be the name of a host: letters, digits, hyphens and dots, no port.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// Whether a text can be a `Host` header: a name or an address, and perhaps a port (RFC 3986, 3.2.2). It may be empty.
    package static func isHost(_ text: String) -> Bool {
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard rest[..<end].dropFirst().allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: ":") }) else {
                return false
            }
            rest = rest[end...].dropFirst()
        } else {
            rest = rest.drop(while: isNameByte)
        }
        if rest.isEmpty { return true }
        guard rest.popFirst() == UInt8(ascii: ":") else { return false }
        return rest.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~%!$&'()*+,;=".utf8.contains(byte)
        }
    }

    /// - Parameter host: A `Host` header: a name or an address, and perhaps a port.
    package func acceptance(of host: String) -> Acceptance {
        let name = Self.name(host)
        if IPAddress(name) != nil { return .always }
        let text = Self.withoutLastDot(name).lowercased()
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty }) else { return .never }
        if labels.count == 1 || names.contains(text) || Self.privateEndings.contains(where: text.hasSuffix) {
            return .always
        }
        // Clusters complete such a name; one that ends with a dot is complete.
        return labels.count == 2 && name.utf8.last != UInt8(ascii: ".") ? .fromPrograms : .never
    }

    /// A dot at the end says that a name is complete, and is not part of it.
    private static func withoutLastDot(_ name: Substring) -> Substring {
        name.utf8.last == UInt8(ascii: ".") ? name.dropLast() : name
    }

    /// The part before the port, without brackets.
    private static func name(_ host: String) -> Substring {
        if host.utf8.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: "]") else { return "" }
            return host[host.index(after: host.startIndex)..<end]
        }
        let colon = host.firstIndex(of: ":") ?? host.endIndex
        return host[..<colon]
    }
}
