import Benchmark
import NIOCore
import ParallaxCore
@testable import RedisLimiting

/// A decision's way to Redis and back as bytes.
func registerCodecBenchmarks() {
    Benchmark.operation("command, written", prepare: { DecisionBytes() }) { bytes, _ in
        blackHole(bytes.writeCommand())
    }
    Benchmark.operation("reply, parsed into a decision", prepare: { DecisionBytes() }) { bytes, _ in
        blackHole(bytes.readReply())
    }
    Benchmark.operation("replies, a hundred at once parsed", prepare: { DecisionBytes(repliesAtOnce: 100) }) {
        bytes, _ in
        bytes.readReplies()
    }
}

/// What a decision sends, and what Redis answers to it.
struct DecisionBytes {
    private let script = SlidingLogScript()
    private let parser = ReplyParser()
    private let request = try! CheckRequest(identity: Identity(identifier: "client-12345"), policy: .defaultValue)
    private let replies: ByteBuffer

    init(repliesAtOnce: Int = 1) {
        // As the script's head lays it out: place, now, effective, earliest, then units and age for each window.
        var reply = [UInt8](repeating: 0, count: 1)
        for _ in 0..<3 { withUnsafeBytes(of: Double(1_700_000_000_000).bitPattern.bigEndian) { reply += $0 } }
        for _ in request.policy.windows { reply += [0, 0, 0, 5, 0, 0, 1, 0] }
        var buffer = ByteBuffer()
        for _ in 0..<repliesAtOnce {
            buffer.writeString("$\(reply.count)\r\n")
            buffer.writeBytes(reply)
            buffer.writeString("\r\n")
        }
        replies = buffer
    }

    /// The command of a decision, as many bytes as it takes on the wire.
    func writeCommand() -> Int {
        var command = script.evalsha
        command.reserve(bytes: 256, words: 6)
        script.appendArguments(
            to: &command, key: { RedisKey.append(request.identity, to: &$0) }, policy: request.policy, cost: 1, now: nil
        )
        return CommandFormatter.withFormattedBytes(of: command) { $0.count }
    }

    func readReply() -> Decision? {
        guard let reply = nextReply(feeding: true), case .bulk(let bytes) = reply else { return nil }
        return try? SlidingLogReply(bytes: bytes).decision(policy: request.policy, cost: 1)
    }

    func readReplies() {
        var reply = nextReply(feeding: true)
        while reply != nil { reply = nextReply(feeding: false) }
    }

    private func nextReply(feeding: Bool) -> RedisReply? {
        if feeding { try! parser.feed(replies) }
        return try! parser.next()
    }
}
