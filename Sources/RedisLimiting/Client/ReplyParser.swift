import CHiredis
import NIOCore
import ParallaxCore

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

/// Builds replies from hiredis's callbacks, which come in the order of the bytes.
///
/// hiredis asks for an object per element and only passes it back; so every callback hands it the same mark and puts
/// the value here instead, which spares the tree of C objects.
final class ReplyBuilder {
    /// The most elements of one array: enough for any answer that is asked for here.
    static let maximumElements = 1 << 20

    private struct OpenArray {
        var missing: Int
        var elements: [RedisReply]
    }

    private var open: [OpenArray] = []
    private(set) var finished: RedisReply?

    func add(_ reply: RedisReply) {
        var reply = reply
        while let last = open.indices.last {
            open[last].elements.append(reply)
            open[last].missing -= 1
            guard open[last].missing == 0 else { return }
            reply = .array(open.removeLast().elements)
        }
        finished = reply
    }

    /// Opens an array that the next elements go to; `false` if it claims too many.
    func openArray(count: Int) -> Bool {
        guard count <= ReplyBuilder.maximumElements else { return false }
        guard count > 0 else {
            add(.array([]))
            return true
        }
        var elements: [RedisReply] = []
        // A claimed count is not believed before its elements have come.
        elements.reserveCapacity(min(count, 64))
        open.append(OpenArray(missing: count, elements: elements))
        return true
    }

    func takeFinished() -> RedisReply? {
        defer { finished = nil }
        return finished
    }
}

extension ReplyBuilder {
    /// The callbacks of every reader; never written after it is made, and never freed.
    ///
    /// Unsafe only to the compiler: hiredis takes a pointer it may write to, and does not write.
    nonisolated(unsafe) static let callbacks: UnsafeMutablePointer<redisReplyObjectFunctions> = {
        let callbacks = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        callbacks.initialize(
            to: redisReplyObjectFunctions(
                createString: { task, bytes, count in
                    let string = UnsafeRawBufferPointer(start: bytes, count: count)
                    return ReplyBuilder.of(task).addString(string, type: task!.pointee.type)
                },
                createArray: { task, count in
                    ReplyBuilder.of(task).openArray(count: Int(count)) ? ReplyBuilder.mark : nil
                },
                createInteger: { task, value in
                    ReplyBuilder.of(task).add(.integer(value))
                    return ReplyBuilder.mark
                },
                createNil: { task in
                    ReplyBuilder.of(task).add(.null)
                    return ReplyBuilder.mark
                },
                freeObject: { _ in }))
        return callbacks
    }()

    /// What hiredis takes for an object: any address but null.
    private static var mark: UnsafeMutableRawPointer { UnsafeMutableRawPointer(callbacks) }

    private static func of(_ task: UnsafePointer<redisReadTask>?) -> ReplyBuilder {
        Unmanaged<ReplyBuilder>.fromOpaque(task!.pointee.privdata).takeUnretainedValue()
    }

    private func addString(_ bytes: UnsafeRawBufferPointer, type: Int32) -> UnsafeMutableRawPointer? {
        switch type {
        case REDIS_REPLY_STATUS: add(.status(String(decoding: bytes, as: UTF8.self)))
        case REDIS_REPLY_ERROR: add(.error(String(decoding: bytes, as: UTF8.self)))
        default: add(.bulk([UInt8](bytes)))
        }
        return ReplyBuilder.mark
    }
}
