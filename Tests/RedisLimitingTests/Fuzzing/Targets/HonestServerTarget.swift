import NIOCore
import ParallaxCore

@testable import RedisLimiting

/// Replies in order, cut anywhere, to a connection with callers on it: each caller gets its own or none.
enum HonestServerTarget {
    static func run(_ input: inout FuzzInput) throws(Violation) {
        let connection = ConnectionScript.makeConnection(&input)
        var server = HonestServer()
        while !input.isEmpty {
            let event = input.byte()
            switch event {
            case ..<64: server.answer(input.number(below: 4) + 1, from: connection)
            case 64..<128: connection.read(server.take(Int(event) - 63))
            case 128..<144: server.announce(on: connection)
            default: ConnectionScript.run(event, on: connection, &input)
            }
            try connection.check()
            try check(connection, server)
        }
        try checkAllAnswered(connection, &server)
        try connection.finish()
        try check(connection, server)
    }

    /// Each reply has gone to the one who had asked, and each message to none of them.
    private static func check(_ connection: FuzzedConnection, _ server: HonestServer) throws(Violation) {
        for (number, caller) in connection.callers.enumerated() {
            guard case .success(let reply) = caller.call.settledValue else { continue }
            try Violation.unless(reply == HonestServer.reply(to: number), "caller \(number) was given \(reply)")
        }
        try Violation.unless(connection.end?.code != .protocolViolation, "an honest server was not believed")
        let heard = connection.messages.compactMap { RedisKeyspace().scope(fromMessage: $0) }
        try Violation.unless(heard.count == connection.messages.count, "a message was not understood")
        try Violation.unless(
            heard == server.announced.prefix(heard.count).map { .identity(HonestServer.identity($0)) },
            "messages came in another order")
    }

    /// Once the server has answered everything, no one waits, if the connection is still there.
    private static func checkAllAnswered(
        _ connection: FuzzedConnection, _ server: inout HonestServer
    ) throws(Violation) {
        connection.connect()
        for _ in 0..<2 {
            connection.takeCommands()
            try connection.check()
            server.answer(.max, from: connection)
            connection.read(server.take(.max))
            try connection.check()
        }
        guard connection.isOpen else { return }
        try Violation.unless(connection.queue.count == 0, "\(connection.queue.count) commands have no reply")
        try Violation.unless(connection.callers.allSatisfy(\.call.isSettled), "an answered caller waits")
        try Violation.unless(connection.messages.count == server.announced.count, "a message was lost")
    }
}
