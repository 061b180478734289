import NIOCore
import NIOEmbedded
import Testing

@testable import ParallaxService

@Suite struct ConnectionTableTests {
    private let now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// Keeps what the table says to a connection.
    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = Never
        private(set) var events: [String] = []

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { events.append("\(event)") }
    }

    private func makeEntry(_ expiry: ConnectionState.Expiry) throws -> (ConnectionTable.Entry, Listener) {
        let listener = Listener()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(listener)
        let entry = ConnectionTable.Entry(channel: channel)
        entry.publish(expiry)
        return (entry, listener)
    }

    @Test("a connection that became busy as it was evicted is counted and has its deadlines until it is closed")
    func keepsTheEvicted() throws {
        let table = ConnectionTable(maximum: 1)
        let (first, events) = try makeEntry(.idle(now))
        let (second, _) = try makeEntry(.never)
        #expect(table.admit(first))
        #expect(table.admit(second))
        #expect(events.events == ["evict"])
        #expect(table.count == 2)
        // 1. Busy, and later slow: its deadline reaches it.
        first.publish(.never)
        table.sweep(at: now + .hours(1))
        #expect(events.events.count == 1)
        first.publish(.slow(now))
        table.sweep(at: now)
        #expect(events.events.count == 2)
        // 2. It gives its place away once only.
        let (third, _) = try makeEntry(.never)
        #expect(!table.admit(third))
        second.publish(.idle(now))
        #expect(table.admit(third))
        #expect(events.events.count == 2 && table.count == 3)
        // 3. Closed ones are gone.
        for entry in [first, second, third] { table.remove(entry) }
        #expect(table.count == 0)
        #expect(table.admit(first))
        #expect(table.count == 1)
    }
}
