import NIOCore
import ParallaxCore

@testable import RedisLimiting

/// Any words, to the writer of commands and back: what a server reads are the words that were meant.
enum CommandsTarget {
    private static let script = MeasuredScript()

    static func run(_ input: inout FuzzInput) throws(Violation) {
        var command = RedisCommand()
        for _ in 0...input.number(below: 8) { command.append(input.piece()) }
        try check(command, words: command.words)
        let (user, password) = (input.text(), input.text())
        let login = HandshakeStep.authenticate(user: user.isEmpty ? nil : user, password: password).command
        try check(login, words: (["AUTH"] + (user.isEmpty ? [] : [user]) + [password]).map { Array($0.utf8) })
        try checkScript(&input)
    }

    private static func check(_ command: RedisCommand, words: [[UInt8]]) throws(Violation) {
        let bytes = CommandFormatter.withFormattedBytes(of: command) { Array($0) }
        var rest = bytes[...]
        let read = RESP.takeCommand(from: &rest)
        try Violation.unless(read == words && rest.isEmpty, "\(words) is written as \(bytes)")
        let parsed = Result { () throws(RedisError) -> RedisReply? in
            let parser = ReplyParser()
            try parser.feed(ByteBuffer(bytes: bytes))
            return try parser.next()
        }
        try Violation.unless(parsed == .success(.array(words.map(RedisReply.bulk))), "hiredis reads \(parsed)")
    }

    /// The arguments of the script are those of the request, for every identity.
    private static func checkScript(_ input: inout FuzzInput) throws(Violation) {
        let policy = FuzzedPolicy.make(&input)
        let cost = input.number(below: min(256, policy.smallestLimit + 1))
        guard let identity = try? Identity(organization: input.text(), identifier: input.text()),
            let request = try? CheckRequest(identity: identity, policy: policy, cost: cost)
        else { return }
        let words = script.command(for: request).words
        try check(script.command(for: request), words: words)
        try Violation.unless(words.count == 7, "the script is given \(words.count) words")
        try Violation.unless(
            RedisKey.identity(fromKey: String(decoding: words[3], as: UTF8.self)) == identity, "the key is another's")
        let numbers = stride(from: 0, to: words[4].count, by: 4).map { start in
            words[4][start..<start + 4].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        }
        try Violation.unless(
            numbers == policy.windows.flatMap { [Int64($0.limit), $0.durationMilliseconds] }, "the policy is another")
        try Violation.unless(words[5] == Array(String(cost).utf8), "the cost is \(words[5]), not \(cost)")
    }
}
