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
        // Room for an address of either family. In both, bytes 2 and 3 are the port, the higher first.
        var address = [UInt8](repeating: 0, count: 128)
        var size = socklen_t(address.count)
        let status = address.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0
                    ? getsockname(descriptor, address.baseAddress, &size) : -1
            }
        }
        guard status == 0 else {
            let failure = failure(host)
            close(descriptor)
            throw failure
        }
        return (descriptor, Int(address[2]) << 8 | Int(address[3]))
    }

    private static func failure(_ host: String) -> EmbeddedRedisError {
        EmbeddedRedisError(.noPort, "no free port on \(host): \(String(cString: strerror(errno)))")
    }
}
