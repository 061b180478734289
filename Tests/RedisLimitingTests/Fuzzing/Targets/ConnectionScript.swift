import NIOCore

@testable import RedisLimiting

/// What can happen to a connection besides what its server says.
enum ConnectionScript {
    private static let times: [TimeAmount] = [1, 4, 5, 6, 30, 100, 1_000, 10_000].map(TimeAmount.milliseconds)
    private static let handshakes: [[HandshakeStep]] = [
        [], [.authenticate(user: nil, password: "pw")], [.select(database: 2)],
        [.authenticate(user: "user", password: "pw"), .select(database: 1)], [.subscribe(channel: "c")],
        [.authenticate(user: nil, password: "pw"), .subscribe(channel: "c")],
    ]

    static func makeConnection(_ input: inout FuzzInput) -> FuzzedConnection {
        let choice = input.number(below: 4 * handshakes.count)
        let connection = FuzzedConnection(
            handshake: handshakes[choice % handshakes.count], capacity: choice < handshakes.count ? 2 : 1_000)
        if choice < 3 * handshakes.count { connection.connect() }
        return connection
    }

    static func run(_ event: UInt8, on connection: FuzzedConnection, _ input: inout FuzzInput) {
        switch event % 16 {
        case 0...3: connection.offer(deadlineIn: times[input.number(below: times.count)])
        case 4...7: connection.takeCommands()
        case 8, 9: connection.giveUp(input.number(below: max(1, connection.callers.count)))
        case 10, 11: connection.advance(times[input.number(below: times.count)])
        case 12: connection.connect()
        case 13: connection.drain()
        case 14: connection.hangUp()
        default: connection.breakOff()
        }
    }
}
