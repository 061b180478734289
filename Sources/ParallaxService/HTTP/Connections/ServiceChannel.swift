package import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import Settings

/// How connections of the service are made: HTTP/1.1 within bounds of size, number and time.
///
/// Hummingbird's channel with two handlers of ours around its decoder.
package struct ServiceChannel: ServerChildChannel {
    package typealias Value = HTTP1Channel.Value

    /// What may wait for a client that does not read, here and in the kernel, before no further request of its connection
    /// is answered.
    private static let pendingBytes = ChannelOptions.Types.WriteBufferWaterMark(low: 4 * 1024, high: 16 * 1024)
    private static let kernelBufferBytes: SocketOptionValue = 64 * 1024

    private let http: HTTP1Channel
    private let connections: ConnectionTable
    private let rules: RequestHeadRules
    private let timeouts: ConnectionTimeouts
    private let metrics: HTTPMetrics

    init(
        responder: @escaping HTTPChannelHandler.Responder, connections: ConnectionTable, rules: RequestHeadRules,
        timeouts: ConnectionTimeouts, metrics: HTTPMetrics
    ) {
        http = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 128)))
        self.connections = connections
        self.rules = rules
        self.timeouts = timeouts
        self.metrics = metrics
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let entry = ConnectionTable.Entry(channel: channel)
        return http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let connection = ConnectionHandler(entry: entry, rules: rules, timeouts: timeouts, metrics: metrics)
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(connection, position: .after(decoder))
            try pipeline.addHandler(RequestStartHandler(connection: connection), position: .first)
            // A connection that is gone already cannot take them, and needs none.
            try? channel.syncOptions?.setOption(.writeBufferWaterMark, value: Self.pendingBytes)
            try? channel.syncOptions?.setOption(.socketOption(.so_sndbuf), value: Self.kernelBufferBytes)
            guard connections.admit(entry) else {
                // Failing here would end the listener.
                metrics.connectionRefused()
                channel.close(promise: nil)
                return value
            }
            metrics.connectionOpened()
            channel.closeFuture.whenComplete { _ in connections.remove(entry) }
            return value
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}

/// What bounds the service's connections.
package struct ConnectionBounds: Sendable {
    package let connections: ConnectionTable
    let rules: RequestHeadRules
    package var timeouts = ConnectionTimeouts()

    /// - Parameters:
    ///   - maximum: The most connections at once.
    ///   - hosts: The names by which the service may be called.
    package init(maximum: Int = 1_000, hosts: AllowedHosts = AllowedHosts()) {
        connections = ConnectionTable(maximum: maximum)
        rules = RequestHeadRules(hosts: hosts)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 within bounds of size, number and time.
    package static func bounded(_ bounds: ConnectionBounds, metrics: HTTPMetrics) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            ServiceChannel(
                responder: responder, connections: bounds.connections, rules: bounds.rules, timeouts: bounds.timeouts,
                metrics: metrics)
        }
    }
}

extension ApplicationConfiguration {
    /// Where the service listens.
    ///
    /// - Parameter maximumConnections: The most connections that are served. A few more are accepted, so that a new one
    ///   can take the place of an idle one that is being closed; beyond them new ones wait in the kernel's queue.
    package init(_ settings: Settings.HTTP, maximumConnections: Int) {
        self.init(
            address: .hostname(settings.host, port: settings.port), serverName: "parallax", backlog: 1024,
            availableConnectionsDelegate: MaximumAvailableConnections(
                maximumConnections + OpenFiles.connectionsBeingClosed))
    }
}
