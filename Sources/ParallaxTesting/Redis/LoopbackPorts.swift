import Glibc

/// Ports of this machine's own address that no one listens on at the moment.
package enum LoopbackPorts {
    /// Finds so many, all different.
    package static func find(_ count: Int) throws -> [Int] {
        var listeners: [CInt] = []
        // Held until all are found, so that none is found twice.
        defer { for listener in listeners { close(listener) } }
        return try (0..<count).map { _ in
            let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            listeners.append(listener)
            return try bindToAnyPort(listener)
        }
    }

    private static func bindToAnyPort(_ listener: CInt) throws -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 ? getsockname(listener, $0, &size) : -1
            }
        }
        guard status == 0 else { throw NoFreePort(reason: String(cString: strerror(errno))) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// The system gave no port.
struct NoFreePort: Error {
    let reason: String
}
