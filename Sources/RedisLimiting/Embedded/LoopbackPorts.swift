import Glibc

/// TCP ports of a loopback address that no process listens on at the moment, for servers that this process starts.
package enum LoopbackPorts {
    /// - Parameter host: `127.0.0.1` or `::1`.
    /// - Returns: `count` different ports.
    /// - Throws: ``EmbeddedRedisError`` with `noPort` if the machine has no such address or no port left.
    package static func find(_ count: Int, on host: String = "127.0.0.1") throws(EmbeddedRedisError) -> [Int] {
        var sockets: [CInt] = []
        // All are held until the last is found: a port given back could be given out again.
        defer { for descriptor in sockets { close(descriptor) } }
        var ports: [Int] = []
        for _ in 0..<count {
            let (descriptor, port) = try bindToAnyPort(host)
            sockets.append(descriptor)
            ports.append(port)
        }
        return ports
    }

    private static func bindToAnyPort(_ host: String) throws(EmbeddedRedisError) -> (descriptor: CInt, port: Int) {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "0", &hints, &found) == 0, let found else {
            throw EmbeddedRedisError(.noPort, "\(host) is not a loopback address")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(host) }
        // The port is at the same place in the addresses of both families.
        var (address, size) = (sockaddr_in6(), socklen_t(MemoryLayout<sockaddr_in6>.size))
        let status = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0
                    ? getsockname(descriptor, address.baseAddress!, &size) : -1
            }
        }
        guard status == 0 else {
            let failure = failure(host)
            close(descriptor)
            throw failure
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin6_port)))
    }

    private static func failure(_ host: String) -> EmbeddedRedisError {
        EmbeddedRedisError(.noPort, "no free port on \(host): \(String(cString: strerror(errno)))")
    }
}
