package import NIOCore
import NIOPosix

/// Ports of the loopback addresses, for servers that tests start.
package enum LoopbackPort {
    /// A port that no one listens on at the moment.
    ///
    /// - Parameter host: `127.0.0.1` or `::1`.
    /// - Throws: Where the machine has no such address.
    package static func free(on host: String = "127.0.0.1") async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: host, port: 0).get()
        let port = listener.localAddress?.port
        try await listener.close().get()
        guard let port else { preconditionFailure("a listener on \(host) has a port") }
        return port
    }

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
