import NIOCore

@testable import RedisLimiting

/// Any bytes, to the parser of replies and to all who read what it made of them.
enum RepliesTarget {
    static func run(_ input: inout FuzzInput) throws(Violation) {
        let size = input.number(below: 64) + 1
        let bytes = input.remainder()
        let whole = parse([bytes])
        let pieces = parse(stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0...].prefix(size)) })
        try Violation.unless(
            whole == pieces, "in pieces of \(size) bytes the replies are others: \(pieces), not \(whole)")
        for reply in whole.replies {
            let again = parse([RESP.bytes(of: reply)])
            try Violation.unless(again.replies == [reply] && again.error == nil, "\(reply) is read again as \(again)")
            try ReplyReaders.check(reply)
        }
        try ReplyReaders.checkSearch(whole.replies)
        try checkBound(bytes, size: size)
    }

    private struct Parsed: Equatable {
        var replies: [RedisReply] = []
        var error: RedisError?
    }

    private static func parse(_ pieces: [[UInt8]], with parser: ReplyParser = ReplyParser()) -> Parsed {
        var parsed = Parsed()
        do throws(RedisError) {
            for piece in pieces {
                try parser.feed(ByteBuffer(bytes: piece))
                while let reply = try parser.next() { parsed.replies.append(reply) }
            }
        } catch {
            parsed.error = error
        }
        return parsed
    }

    /// No reply is longer than the parser's bound, but for the piece that ended it.
    private static func checkBound(_ bytes: [UInt8], size: Int) throws(Violation) {
        let bound = 64
        let parser = ReplyParser(maximumReplyBytes: bound)
        var taken = 0
        do throws(RedisError) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = bytes[start...].prefix(size)
                try parser.feed(ByteBuffer(bytes: piece))
                taken += piece.count
                var hasReply = false
                while let _ = try parser.next() { hasReply = true }
                if hasReply { taken = 0 }
            }
        } catch {}
        try Violation.unless(taken <= bound, "\(taken) bytes of a reply were taken where \(bound) are allowed")
    }
}
