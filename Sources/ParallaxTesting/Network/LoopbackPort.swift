package import NIOCore
import NIOPosix

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
