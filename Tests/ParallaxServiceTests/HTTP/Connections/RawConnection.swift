import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection on which a test says every byte.
struct RawConnection: Sendable {
    private let channel: any Channel
    private let received: Received

    /// - Parameter readsNothing: Whether what arrives is left in the kernel's buffers.
    init(port: Int, readsNothing: Bool = false) async throws {
        let received = Received()
        self.received = received
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: !readsNothing)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(received: received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends nothing more, and can still read.
    func closeOutput() async throws {
        try await channel.close(mode: .output)
    }

    func close() async {
        try? await channel.close()
    }

    /// All that arrives until the other end closes.
    func readToEnd() async -> String {
        await read { _ in false }
    }

    /// What has arrived once a text is among it.
    func read(until text: String) async -> String {
        await read { $0.contains(text) }
    }

    private func read(_ isEnough: (String) -> Bool) async -> String {
        if isEnough(received.last) { return received.last }
        for await text in received.texts where isEnough(text) { return text }
        return received.last
    }

    /// Everything that arrived so far, each time that more does.
    private final class Received: Sendable {
        let texts: AsyncStream<String>
        private let continuation: AsyncStream<String>.Continuation
        private let bytes = Mutex<[UInt8]>([])

        init() {
            (texts, continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        }

        var last: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

        func append(_ buffer: ByteBuffer) {
            bytes.withLock { $0 += buffer.readableBytesView }
            continuation.yield(last)
        }

        func finish() { continuation.finish() }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let received: Received

        init(received: Received) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { received.append(unwrapInboundIn(data)) }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { received.finish() }
        }

        func channelInactive(context: ChannelHandlerContext) { received.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { received.finish() }
    }
}
