import Foundation
import ParallaxCore

/// The identity that a log line's request is limited as. The raw values are the command's options.
package enum LogIdentification: String, CaseIterable, Sendable {
    /// The client's address, as the service does for callers without an API key.
    case client
    /// The client's network: the first 24 bits of an IPv4 address, the first 64 of an IPv6 address.
    case network
    /// The user that the server authenticated, else the client's address.
    case user

    /// The identifier of the client of this line.
    func identifier(of entry: AccessLogEntry) -> String {
        switch self {
        case .client: entry.client
        case .network: LogIdentification.network(of: entry.client) ?? entry.client
        // A name longer than an identifier may be is no user's.
        case .user: entry.user.flatMap { $0.utf8.count <= Identity.maximumBytes ? $0 : nil } ?? entry.client
        }
    }

    /// The network such as `192.0.2.0/24`; `nil` for what is not an address, such as a host's name.
    private static func network(of client: String) -> String? {
        var v4 = in_addr()
        if inet_pton(AF_INET, client, &v4) == 1 {
            v4.s_addr = (UInt32(bigEndian: v4.s_addr) & 0xffff_ff00).bigEndian
            return text(AF_INET, &v4).map { $0 + "/24" }
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, client, &v6) == 1 else { return nil }
        withUnsafeMutableBytes(of: &v6) { bytes in
            for index in 8..<16 { bytes[index] = 0 }
        }
        return text(AF_INET6, &v6).map { $0 + "/64" }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }
}
