import NIOCore

/// Sees the bytes of each request first: notes when one begins, and lets methods pass that the decoder does not know.
///
/// The decoder takes the methods of a list only. A method is any token (RFC 9110, 9.1), and a gateway asks about all:
/// one that is rare becomes ``rareMethod``, as which the routes know it. A method does not change where a request ends,
/// except for `CONNECT`, which stays as it is. Of a request that begins in one piece with the end of the one before
/// (pipelining) the method is not looked at.
final class RequestStartHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Stands for every method that is not among the usual ones.
    static let rareMethod = "PURGE"

    private let connection: ConnectionHandler
    /// The beginning of a request whose method is not there in full.
    private var held: ByteBuffer?

    init(connection: ConnectionHandler) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch connection.bytesArrived(unwrapInboundIn(data)) {
        case .ended: break
        case .head where held == nil: pass(unwrapInboundIn(data), context)
        case .body: pass(unwrapInboundIn(data), context)
        case .idle, .head: readStart(unwrapInboundIn(data), context)
        }
    }

    private func readStart(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        var bytes = bytes
        if var start = held {
            start.writeBuffer(&bytes)
            bytes = start
            held = nil
        }
        switch RequestMethod.find(in: bytes.readableBytesView) {
        case .usual: break
        case .unfinished:
            held = bytes
            return
        case .rare(let place):
            var renamed = ByteBuffer()
            renamed.reserveCapacity(bytes.readableBytes + Self.rareMethod.utf8.count)
            renamed.writeString(Self.rareMethod)
            renamed.writeBytes(bytes.readableBytesView[place.upperBound...])
            bytes = renamed
        }
        pass(bytes, context)
    }

    private func pass(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        context.fireChannelRead(wrapInboundOut(bytes))
        connection.bytesWereDecoded(bytes)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, let start = held {
            held = nil
            pass(start, context)
        }
        context.fireUserInboundEventTriggered(event)
    }
}

/// The method at the beginning of a request's bytes.
enum RequestMethod: Equatable {
    /// One that the decoder and the routes know, or no method at all, which the decoder refuses.
    case usual
    /// Another token, at this place.
    case rare(Range<Int>)
    /// A token that may go on.
    case unfinished

    /// Longer ones are not methods of any register.
    private static let maximumBytes = 64
    private static let usualMethods: Set<[UInt8]> = Set(
        ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI"].map { Array($0.utf8) })

    static func find(in bytes: ByteBufferView) -> RequestMethod {
        if bytes.starts(with: "POST ".utf8) || bytes.starts(with: "GET ".utf8) { return .usual }
        // Line ends before a request are skipped (RFC 9112, 2.2).
        guard let start = bytes.firstIndex(where: { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }) else {
            return .usual
        }
        let token = bytes[start...].prefix(maximumBytes + 1).prefix(while: Self.isTokenByte)
        guard token.count <= maximumBytes, !token.isEmpty else { return .usual }
        guard token.endIndex < bytes.endIndex else { return .unfinished }
        guard bytes[token.endIndex] == UInt8(ascii: " "), !usualMethods.contains(Array(token)) else { return .usual }
        return .rare(token.startIndex..<token.endIndex)
    }

    /// RFC 9110, 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
