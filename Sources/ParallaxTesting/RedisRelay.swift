import NIOCore
import NIOPosix
package import RedisLimiting
import Synchronization

/// A relay between clients and a real Redis server, which a test can make fail as networks and middleboxes do.
///
/// It listens on a port of 127.0.0.1, since only TCP knows a reset.
package final class RedisRelay: Sendable {
    package enum Behaviour: Equatable, Sendable {
        /// Passes everything on.
        case forward
        /// Passes requests on and answers nothing. A connection that missed an answer never gets one again.
        case swallow
        /// Keeps requests from the server, and answers each piece of them with these bytes.
        case answer([UInt8])
        /// Passes so many more bytes of answers on, then resets (RST) the connection they belong to, and forwards
        /// again.
        case reset(afterBytes: Int)
    }

    private struct State {
        var behaviour = Behaviour.forward
        var acceptedConnections = 0
        var target: String
    }

    package let port: Int
    private let listener: any Channel
    private let state: StateBox

    /// What the handlers of all connections share.
    fileprivate final class StateBox: Sendable {
        private let state: Mutex<State>

        init(target: String) {
            state = Mutex(State(target: target))
        }

        var target: String { state.withLock { $0.target } }

        func lead(to path: String) { state.withLock { $0.target = path } }

        var acceptedConnections: Int { state.withLock { $0.acceptedConnections } }
        var behaviour: Behaviour { state.withLock { $0.behaviour } }

        func behave(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }

        func accepted() { state.withLock { $0.acceptedConnections += 1 } }

        /// How many of these bytes of an answer may pass, and whether the connection is to be reset after them.
        func pass(_ count: Int) -> (bytes: Int, thenReset: Bool) {
            state.withLock { state in
                guard case .reset(let left) = state.behaviour else { return (count, false) }
                state.behaviour = count < left ? .reset(afterBytes: left - count) : .forward
                return (min(count, left), count >= left)
            }
        }
    }

    /// Starts to listen; ``withRedisRelay(to:_:)`` ends it too.
    fileprivate init(toSocket path: String) async throws {
        let state = StateBox(target: path)
        self.state = state
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { client in
                state.accepted()
                return ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(AnswerHandler(state: state, client: client))
                        }
                    }
                    .connect(unixDomainSocketPath: state.target)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(RequestHandler(state: state, server: server))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { preconditionFailure("a TCP listener has a port") }
        self.port = port
    }

    package var url: RedisURL { RedisURL(endpoint: .tcp(host: "127.0.0.1", port: port)) }
    /// Connections that clients have made since the start.
    package var acceptedConnections: Int { state.acceptedConnections }

    /// What it does from now on, with connections that there are and with new ones.
    package func behave(_ behaviour: Behaviour) { state.behave(behaviour) }

    /// Leads new connections to another server; those that there are stay with theirs.
    package func lead(to redis: PrivateRedis) { state.lead(to: redis.socketPath) }

    fileprivate func end() async { try? await listener.close().get() }
}

/// Lends a relay to a server to the body and ends it afterwards.
package func withRedisRelay<Result>(
    to redis: PrivateRedis, _ body: (RedisRelay) async throws -> Result
) async throws -> Result {
    let relay = try await RedisRelay(toSocket: redis.socketPath)
    do {
        let result = try await body(relay)
        await relay.end()
        return result
    } catch {
        await relay.end()
        throw error
    }
}

extension RedisRelay {
    /// Takes requests from a client to the server.
    private final class RequestHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let state: RedisRelay.StateBox
        private let server: any Channel

        init(state: RedisRelay.StateBox, server: any Channel) {
            self.state = state
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .answer(let bytes) = state.behaviour {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            } else {
                server.writeAndFlush(unwrapInboundIn(data), promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { server.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension RedisRelay {
    /// Takes answers from the server to a client, as far as it is told to.
    private final class AnswerHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let state: RedisRelay.StateBox
        private let client: any Channel
        private var hasSwallowed = false

        init(state: RedisRelay.StateBox, client: any Channel) {
            self.state = state
            self.client = client
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            if state.behaviour == .swallow { hasSwallowed = true }
            guard !hasSwallowed else { return }
            let passing = state.pass(bytes.readableBytes)
            guard let part = bytes.readSlice(length: passing.bytes) else { return }
            guard passing.thenReset else { return client.writeAndFlush(part, promise: nil) }
            let client = client
            client.writeAndFlush(part).whenComplete { _ in RedisRelay.reset(client) }
        }

        func channelInactive(context: ChannelHandlerContext) { client.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension RedisRelay {
    /// Closes a connection without any farewell: a socket that must not linger is reset.
    fileprivate static func reset(_ channel: any Channel) {
        guard let options = channel as? any SocketOptionProvider else {
            preconditionFailure("a TCP connection has socket options")
        }
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
}
