import Foundation

/// Finds TCP ports of the loopback address that no one listens on.
package enum FreePorts {
    /// - Returns: `count` different ports, free a moment ago.
    package static func find(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        // All are held until the last is found: a port given back could be given out again.
        defer { sockets.forEach { close($0) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, streamType, 0)
            guard descriptor >= 0 else { throw failure() }
            sockets.append(descriptor)
            return try bindToAnyPort(descriptor)
        }
    }

    private static func bindToAnyPort(_ descriptor: Int32) throws -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
            }
        }
        guard result == 0 else { throw failure() }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func failure() -> CommandFailure {
        CommandFailure(.failure, "no free port on 127.0.0.1: \(String(cString: strerror(errno)))")
    }

    #if canImport(Glibc)
        private static let streamType = Int32(SOCK_STREAM.rawValue)
    #else
        private static let streamType = SOCK_STREAM
    #endif
}
