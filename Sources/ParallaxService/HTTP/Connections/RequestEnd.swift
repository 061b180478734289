import NIOCore

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
