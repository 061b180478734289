import ParallaxCore

@testable import RedisLimiting

/// Answers each command once, in order, with a reply that shows whose it is.
struct HonestServer {
    /// Bytes that are on their way to the connection.
    private var wire: ArraySlice<UInt8> = []
    private var isSubscribed = false
    /// The numbers of the messages sent so far.
    private(set) var announced: Range<Int> = 0..<0

    /// The reply to the command of one caller.
    static func reply(to number: Int) -> RedisReply {
        switch number % 4 {
        case 0: .integer(Int64(number))
        case 1: .bulk(Array("bulk \(number)\r\n".utf8))
        case 2: .error("ERR \(number)")
        default: .array([.integer(Int64(number)), .null, .array([.bulk(Array("message".utf8))])])
        }
    }

    /// The identity that one message is about.
    static func identity(_ number: Int) -> Identity { try! Identity(organization: "é\r\n", identifier: "\(number)") }

    /// Answers up to this many of the commands that have come.
    mutating func answer(_ count: Int, from connection: FuzzedConnection) {
        for _ in 0..<count {
            guard let words = RESP.takeCommand(from: &connection.written) else { return }
            switch words[0] {
            case Array("PING".utf8):
                wire += RESP.bytes(of: Self.reply(to: Int(String(decoding: words[1], as: UTF8.self))!))
            case Array("SUBSCRIBE".utf8):
                isSubscribed = true
                wire += RESP.bytes(of: .array([.bulk(Array("subscribe".utf8)), .bulk(words[1]), .integer(1)]))
            default:
                wire += RESP.bytes(of: .status("OK"))
            }
        }
    }

    /// Announces something to a connection that has subscribed.
    mutating func announce(on connection: FuzzedConnection) {
        guard isSubscribed else { return }
        let key = RedisKey.text(for: Self.identity(announced.upperBound))
        wire += RESP.bytes(of: .array(["message", "c", key].map { .bulk(Array($0.utf8)) }))
        announced = 0..<announced.upperBound + 1
    }

    /// Takes bytes off the wire.
    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { wire = wire.dropFirst(count) }
        return wire.prefix(count)
    }
}
