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

extension RequestStartHandler {
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
            ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI"].map {
                Array($0.utf8)
            })

        static func find(in bytes: ByteBufferView) -> RequestMethod {
            if bytes.starts(with: "POST ".utf8) || bytes.starts(with: "GET ".utf8) { return .usual }
            // Line ends before a request are skipped (RFC 9112, 2.2).
            guard let start = bytes.firstIndex(where: { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }) else {
                return .usual
            }
            let token = bytes[start...].prefix(maximumBytes + 1).prefix(while: Self.isTokenByte)
            guard token.count <= maximumBytes, !token.isEmpty else { return .usual }
            guard token.endIndex < bytes.endIndex else { return .unfinished }
            guard bytes[token.endIndex] == UInt8(ascii: " "), !usualMethods.contains(Array(token)) else {
                return .usual
            }
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
}

/// Tells whether bytes that arrived end where the last request among them does.
///
/// The decoder does not say what it keeps of them. A head and a chunked body end with an empty line, and the beginning
/// of a head holds none; a body whose length is known ends with the part of it that arrived last. Only line ends before
/// a request, which no client has a reason to send, can hide where it begins.
struct RequestEnd {
    private static let emptyLine = Array("\r\n\r\n".utf8)

    private var isChunked = false
    /// What arrived last of a body whose length is known, if it is among the bytes that are being decoded.
    private var body = ByteBuffer()

    mutating func headArrived(isChunked: Bool) {
        self.isChunked = isChunked
        forgetBody()
    }

    mutating func bodyArrived(_ bytes: ByteBuffer) {
        if !isChunked { body = bytes }
    }

    mutating func forgetBody() {
        if body.readableBytes > 0 { body = ByteBuffer() }
    }

    /// - Parameter bytes: What arrived, of which the decoder has read the last request in full.
    func isEnd(of bytes: ByteBuffer) -> Bool {
        bytes.withUnsafeReadableBytes { bytes in
            body.withUnsafeReadableBytes { body in
                guard bytes.count >= body.count, bytes[(bytes.count - body.count)...].elementsEqual(body) else {
                    return false
                }
                let rest = bytes[..<(bytes.count - body.count)]
                // The empty line may have begun before these bytes.
                let end = Self.emptyLine.suffix(rest.count)
                return rest.suffix(end.count).elementsEqual(end)
            }
        }
    }
}

/// Tells whether bytes that arrive in pieces are valid UTF-8 so far.
///
/// The decoder puts U+FFFD in place of what is not UTF-8, and that character is a valid one too: only the bytes tell.
struct UTF8Validator {
    /// The beginning of a character whose rest has not arrived.
    private var unfinished: [UInt8] = []
    private(set) var isValid = true

    mutating func read(_ bytes: ByteBuffer) {
        let isASCII = unfinished.isEmpty && bytes.withUnsafeReadableBytes(Self.isASCII)
        guard isValid, !isASCII else { return }
        var text = unfinished + Array(bytes.readableBytesView)
        unfinished = Self.unfinishedEnd(of: text)
        text.removeLast(unfinished.count)
        isValid = String(validating: text, as: UTF8.self) != nil
    }

    /// Eight bytes at a time: nearly all requests are ASCII, and every one is looked at.
    private static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let words = bytes.count / 8
        var bits: UInt64 = 0
        for index in 0..<words { bits |= bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        for index in (words * 8)..<bytes.count { bits |= UInt64(bytes[index]) }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    /// The bytes at the end that could be the beginning of a character.
    private static func unfinishedEnd(of bytes: [UInt8]) -> [UInt8] {
        for count in 1...3 where bytes.count >= count {
            let byte = bytes[bytes.count - count]
            let length =
                switch byte {
                case 0xc0..<0xe0: 2
                case 0xe0..<0xf0: 3
                case 0xf0...: 4
                default: 1
                }
            if length > count { return Array(bytes.suffix(count)) }
            // Any other byte than one within a character ends the search.
            if byte & 0xc0 != 0x80 { break }
        }
        return []
    }
}
