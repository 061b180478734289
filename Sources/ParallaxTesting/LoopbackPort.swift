import Foundation
import Glibc
package import NIOCore
import NIOPosix
import RedisLimiting

/// What listens on a port of 127.0.0.1.
package enum LoopbackPort {
    /// Connects to a port of 127.0.0.1 and sends a text.
    package static func connect(_ port: Int, sending text: String) async throws -> any Channel {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port).get()
        try await connection.writeAndFlush(ByteBuffer(string: text)).get()
        return connection
    }

    /// Whether something listens on a port of 127.0.0.1 at the moment.
    package static func isOpen(_ port: Int) async -> Bool {
        let connection = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try? await connection?.close().get()
        return connection != nil
    }
}

/// A port of 127.0.0.1 where attempts to connect hang: it listens, its queue is full, and no one takes from it.
///
/// The kernel then drops every further SYN, so that an attempt is neither accepted nor refused.
package final class SaturatedListener: Sendable {
    package let port: Int
    private let listener: CInt
    /// The connection that fills the queue.
    private let filler: CInt

    fileprivate init() throws {
        listener = socket(AF_INET, SaturatedListener.kind, 0)
        filler = socket(AF_INET, SaturatedListener.kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, filler) = (listener, filler)
        let status = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && getsockname(listener, address, &size) == 0
                    // A backlog of 0 is a queue for one.
                    && listen(listener, 0) == 0 && connect(filler, address, size) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard status else {
            let reason = String(cString: strerror(errno))
            end()
            throw EmbeddedRedisError(.noPort, reason)
        }
    }

    private static var kind: CInt { CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) }

    /// The attempts to connect that hang at the moment: sockets in the state SYN-SENT.
    package func hangingAttempts() throws -> Int {
        let table = try SaturatedListener.readSocketTable()
        let remote = String(port, radix: 16, uppercase: true)
        let address = "0100007F:" + String(repeating: "0", count: 4 - remote.count) + remote
        return table.split(separator: "\n").count { line in
            let columns = line.split(separator: " ")
            return columns.count > 3 && columns[2] == address && columns[3] == "02"
        }
    }

    /// The kernel hands out a piece of the table at a time, and Foundation takes the first for all of it.
    private static func readSocketTable() throws -> String {
        let path = "/proc/net/tcp"
        guard let file = FileHandle(forReadingAtPath: path) else { throw CocoaError(.fileReadNoSuchFile) }
        defer { try? file.close() }
        var table = Data()
        while let piece = try file.read(upToCount: 65_536), !piece.isEmpty { table += piece }
        return String(decoding: table, as: UTF8.self)
    }

    fileprivate func end() {
        close(filler)
        close(listener)
    }
}

/// Lends a listener that takes no one to the body and closes it afterwards; its port is then free for another server.
package func withSaturatedListener<Result>(_ body: (SaturatedListener) async throws -> Result) async throws -> Result {
    let listener = try SaturatedListener()
    defer { listener.end() }
    return try await body(listener)
}
