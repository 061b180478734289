import NIOCore
import ParallaxCore
import Testing

@testable import RedisLimiting

@Suite struct ReplyParserTests {
    private static let wire =
        "+OK\r\n-ERR no\r\n:-42\r\n$5\r\nhe\r\no\r\n$0\r\n\r\n$-1\r\n*0\r\n*-1\r\n*3\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n$-1\r\n"
    private static let replies: [RedisReply] = [
        .status("OK"), .error("ERR no"), .integer(-42), .bulk(Array("he\r\no".utf8)), .bulk([]), .null, .array([]),
        .null,
        .array([.integer(1), .array([.bulk([0x61]), .array([])]), .null]),
    ]

    @Test("every kind of reply is read")
    func readsAll() throws {
        #expect(try parse([Self.wire]) == Self.replies)
    }

    @Test("replies are read the same wherever the bytes are split")
    func readsSplit() throws {
        for cut in 1..<Self.wire.utf8.count {
            let bytes = Array(Self.wire.utf8)
            let pieces = [bytes[..<cut], bytes[cut...]].map { String(decoding: $0, as: UTF8.self) }
            #expect(try parse(pieces) == Self.replies)
        }
        #expect(try parse(Self.wire.utf8.map { String(decoding: [$0], as: UTF8.self) }) == Self.replies)
    }

    @Test(
        "bytes that are not valid RESP2 are an error, not a crash",
        arguments: ["HTTP/1.1 400 Bad Request\r\n", "\0\0\0", "*2\r\n!\r\n", "%1\r\n+a\r\n+b\r\n"])
    func refusesGarbage(_ text: String) {
        #expect(throws: RedisError.self) { try parse([text]) }
    }

    @Test("a reply nested deeper than any answer is refused")
    func refusesDepth() {
        #expect(throws: RedisError.self) { try parse([String(repeating: "*1\r\n", count: 20) + ":1\r\n"]) }
    }

    @Test("a reply that claims millions of elements is refused")
    func refusesManyElements() {
        #expect(throws: RedisError.self) { try parse(["*1048577\r\n"]) }
    }

    @Test("an array that never ends is refused at the bound, though each of its elements is small")
    func refusesEndless() throws {
        let parser = ReplyParser(maximumReplyBytes: 100)
        try parser.feed(ByteBuffer(string: "*1000\r\n"))
        for _ in 0..<23 {
            try parser.feed(ByteBuffer(string: ":1\r\n"))
            #expect(try parser.next() == nil)
        }
        #expect(throws: RedisError.self) { try parser.feed(ByteBuffer(string: ":1\r\n")) }
    }

    @Test("replies that are whole do not count against the bound of the next")
    func countsAnew() throws {
        let parser = ReplyParser(maximumReplyBytes: 10)
        for _ in 0..<100 {
            try parser.feed(ByteBuffer(string: "+OK\r\n+"))
            #expect(try parser.next() == .status("OK"))
            #expect(try parser.next() == nil)
            try parser.feed(ByteBuffer(string: "a\r\n"))
            #expect(try parser.next() == .status("a"))
        }
    }

    @Test("a reply larger than the bound is refused before it is whole")
    func refusesLarge() throws {
        let parser = ReplyParser(maximumReplyBytes: 100)
        try parser.feed(ByteBuffer(string: "$1000\r\n" + String(repeating: "a", count: 80)))
        #expect(try parser.next() == nil)
        #expect(throws: RedisError.self) { try parser.feed(ByteBuffer(string: String(repeating: "a", count: 80))) }
    }

    @Test(
        "what a server says is shown without characters that turn text around, hide or end the line",
        arguments: ["\u{202e}", "\u{200b}", "\u{1b}", "\n", "\u{2028}", "\u{7f}", "\u{e0041}"])
    func cleansErrors(character: String) {
        let error = RedisError(serverReply: "ERR gnp\(character).exe")
        #expect(error.cause == "ERR gnp .exe")
        #expect(!error.description.contains(character))
    }

    private func parse(_ pieces: [String]) throws -> [RedisReply] {
        let parser = ReplyParser()
        var replies: [RedisReply] = []
        for piece in pieces {
            try parser.feed(ByteBuffer(string: piece))
            while let reply = try parser.next() { replies.append(reply) }
        }
        return replies
    }
}

@Suite struct CommandFormatterTests {
    @Test("a command is written as an array of bulk strings, whatever bytes its words hold")
    func formats() {
        var command = RedisCommand("SET", "k\r\n", "")
        command.append([0, 255])
        command.append(Int64.min)
        let bytes = CommandFormatter.withFormattedBytes(of: command) { Array($0) }
        let expected =
            Array("*5\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n$2\r\n".utf8) + [0, 255]
            + Array("\r\n$20\r\n-9223372036854775808\r\n".utf8)
        #expect(bytes == expected)
    }

    @Test("a command of empty words is written")
    func formatsEmptyWord() {
        let bytes = CommandFormatter.withFormattedBytes(of: RedisCommand("")) { Array($0) }
        #expect(bytes == Array("*1\r\n$0\r\n\r\n".utf8))
    }
}

@Suite struct RedisErrorTests {
    @Test(
        "an error that Redis answers is told apart by its first word",
        arguments: [
            ("LOADING Redis is loading the dataset in memory", RedisError.Code.loading),
            ("MASTERDOWN Link with MASTER is down", .loading),
            ("READONLY You can't write against a read only replica.", .readOnly),
            ("OOM command not allowed when used memory > 'maxmemory'.", .readOnly),
            ("MISCONF Redis is configured to save RDB snapshots", .readOnly),
            ("NOREPLICAS Not enough good replicas to write.", .readOnly),
            ("CLUSTERDOWN The cluster is down", .clusterDown),
            ("TRYAGAIN Multiple keys request during rehashing of slot", .clusterDown),
            ("NOAUTH Authentication required.", .unauthorized),
            ("WRONGPASS invalid username-password pair", .unauthorized),
            ("NOPERM this user has no permissions", .unauthorized),
            ("NOSCRIPT No matching script.", .noScript),
            ("ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write", .readOnly),
            ("ERR wrong number of arguments", .server),
            ("WRONGTYPE Operation against a key", .server),
        ])
    func tellsApart(_ text: String, _ code: RedisError.Code) {
        #expect(RedisError(serverReply: text).code == code)
    }

    @Test(
        "Redis being away is told from Redis answering wrongly: the two feed different rollback triggers",
        arguments: [
            ("LOADING Redis is loading the dataset in memory", true), ("MASTERDOWN Link with MASTER is down", true),
            ("READONLY You can't write against a read only replica.", true), ("CLUSTERDOWN The cluster is down", true),
            ("NOAUTH Authentication required.", true), ("WRONGPASS invalid username-password pair", true),
            ("NOPERM this user has no permissions", true), ("ERR wrong number of arguments", false),
            ("WRONGTYPE Operation against a key", false), ("NOSCRIPT No matching script.", false),
            ("ERR Error running script (call to f_1): @user_script:1: attempt to index a nil value", false),
        ])
    func ownsFailures(_ text: String, isOutage: Bool) {
        #expect(RedisError(serverReply: text).unavailability.isOutage == isOutage)
    }

    @Test("connections that are refused, lost or too slow are Redis being away; nonsense and bad settings are errors")
    func ownsConnectionFailures() {
        let away: [RedisError.Code] = [.timedOut, .cancelled, .disconnected, .circuitOpen]
        for code in away { #expect(RedisError(code, "").unavailability.isOutage, "\(code)") }
        for code in [RedisError.Code.server, .noScript, .protocolViolation, .configuration] {
            #expect(RedisError(code, "").unavailability == .error, "\(code)")
        }
        #expect(RedisError(.skipped, "").unavailability == .skipped)
    }

    @Test("what a server says is printed without control and format characters and not at length")
    func printsSafely() throws {
        let cause = try #require(
            RedisError(serverReply: "ERR a\nb\u{1b}[31m\u{202e}" + String(repeating: "x", count: 500)).cause)
        #expect(cause.hasPrefix("ERR a b [31m xxx"))
        #expect(cause.count == 200)
    }
}
