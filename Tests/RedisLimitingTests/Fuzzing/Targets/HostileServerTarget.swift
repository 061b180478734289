import NIOCore

@testable import RedisLimiting

/// Any bytes, to a connection with callers on it: no one waits for ever, whatever the other side does.
enum HostileServerTarget {
    static func run(_ input: inout FuzzInput) throws(Violation) {
        let connection = ConnectionScript.makeConnection(&input)
        while !input.isEmpty {
            let event = input.byte()
            if event < 100 {
                connection.read(input.piece(of: Int(event)))
            } else {
                ConnectionScript.run(event, on: connection, &input)
            }
            try connection.check()
        }
        try connection.finish()
    }
}
