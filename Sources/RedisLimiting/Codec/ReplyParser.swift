import ParallaxCore
import CHiredis
import NIOCore

/// Turns bytes from Redis into replies: hiredis's reader, and the one owner of its C object.
///
/// Not `Sendable`: it lives with its channel handler on one event loop.
final class ReplyParser {
    private let reader: UnsafeMutablePointer<redisReader>
    /// Kept alive here; the reader holds an unretained pointer to it.
    private let builder = ReplyBuilder()
    private let maximumReplyBytes: Int
    /// Bytes of the reply that is not whole yet. Of an array the reader keeps only what it has made no element of.
    private var unfinishedBytes = 0

    /// Makes a parser.
    ///
    /// - Parameter maximumReplyBytes: The most bytes to take of a reply that is not whole yet.
    init(maximumReplyBytes: Int = 16 << 20) {
        guard let reader = redisReaderCreateWithFunctions(ReplyBuilder.callbacks) else {
            preconditionFailure("no memory for a reader of Redis replies")
        }
        self.reader = reader
        self.maximumReplyBytes = maximumReplyBytes
        reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        redisReaderFree(reader)
    }

    /// Adds bytes as they came from the socket.
    ///
    /// - Throws: ``RedisError`` with `protocolViolation` if a reply grows beyond the bound.
    func feed(_ buffer: ByteBuffer) throws(RedisError) {
        unfinishedBytes += buffer.readableBytes
        guard unfinishedBytes <= maximumReplyBytes else {
            throw RedisError(.protocolViolation, "Redis sent a reply of more than \(maximumReplyBytes) bytes")
        }
        let status = buffer.withUnsafeReadableBytes { bytes in
            redisReaderFeed(reader, bytes.bindMemory(to: CChar.self).baseAddress, bytes.count)
        }
        guard status == REDIS_OK else { throw violation }
    }

    /// The next whole reply; `nil` if more bytes are needed.
    ///
    /// - Throws: ``RedisError`` with `protocolViolation` if the bytes are not valid RESP2; the parser is of no use
    ///   afterwards.
    func next() throws(RedisError) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw violation }
        guard object != nil else { return nil }
        unfinishedBytes = reader.pointee.len - reader.pointee.pos
        return builder.takeFinished()
    }

    private var violation: RedisError {
        let said = withUnsafeBytes(of: &reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisError(
            .protocolViolation,
            "the server does not speak RESP, or a reply is too large; check host and port of the Redis URL",
            cause: DisplayText.plain(said))
    }
}
