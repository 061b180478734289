import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import RedisLimiting

@Suite struct RedisChannelHandlerTests {
    @Test("commands that gather before the event loop comes are written in one piece")
    func coalesces() throws {
        try withConnection { connection in
            let calls = (0..<3).map { _ in PendingCall() }
            for call in calls { connection.offer(RedisCommand("PING"), call) }
            connection.handler.takeCommands()
            let ping = "*1\r\n$4\r\nPING\r\n"
            #expect(connection.written() == ping + ping + ping)
            #expect(connection.written() == nil)
        }
    }

    @Test("only the first command of a batch wakes the event loop")
    func wakesOnce() throws {
        try withConnection { connection in
            #expect(connection.offer(RedisCommand("PING"), PendingCall()) == .acceptedFirst)
            #expect(connection.offer(RedisCommand("PING"), PendingCall()) == .accepted)
            connection.handler.takeCommands()
            #expect(connection.offer(RedisCommand("PING"), PendingCall()) == .acceptedFirst)
        }
    }

    @Test("replies find their callers, split over reads as they may be")
    func delivers() async throws {
        let calls = [PendingCall(), PendingCall()]
        try withConnection { connection in
            for call in calls { connection.offer(RedisCommand("PING"), call) }
            connection.handler.takeCommands()
            try connection.read(":1\r\n:")
            try connection.read("2\r\n")
            #expect(connection.queue.count == 0)
        }
        #expect(await calls[0].value() == .success(.integer(1)))
        #expect(await calls[1].value() == .success(.integer(2)))
    }

    @Test("a deadline ends the wait, and the late reply disturbs no caller")
    func timesOut() async throws {
        let late = PendingCall()
        let next = PendingCall()
        try withConnection { connection in
            connection.offer(RedisCommand("PING"), late, after: .milliseconds(20))
            connection.offer(RedisCommand("PING"), next, after: .seconds(5))
            connection.handler.takeCommands()
            connection.advance(.milliseconds(30))
            #expect(late.isSettled)
            #expect(!next.isSettled)
            try connection.read(":1\r\n:2\r\n")
            #expect(connection.queue.count == 0)
        }
        #expect(await late.value() == .failure(.late))
        #expect(await next.value() == .success(.integer(2)))
    }

    @Test("commands wait while the connection logs in, and are sent after it")
    func waitsForLogin() throws {
        try withConnection(handshake: [.authenticate(user: nil, password: "pw")]) { connection in
            connection.offer(RedisCommand("PING"), PendingCall())
            connection.handler.takeCommands()
            #expect(connection.written() == "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n")
            #expect(connection.written() == nil)
            try connection.read("+OK\r\n")
            #expect(connection.written() == "*1\r\n$4\r\nPING\r\n")
        }
    }

    @Test("a command whose caller gave up before it was sent is never sent")
    func dropsSettled() throws {
        try withConnection(handshake: [.select(database: 1)]) { connection in
            let gone = PendingCall()
            connection.offer(RedisCommand("GONE"), gone, after: .milliseconds(10))
            connection.offer(RedisCommand("PING"), PendingCall())
            connection.handler.takeCommands()
            _ = connection.written()
            connection.advance(.milliseconds(20))
            #expect(gone.isSettled)
            try connection.read("+OK\r\n")
            #expect(connection.written() == "*1\r\n$4\r\nPING\r\n")
            #expect(connection.queue.count == 1)
        }
    }

    @Test("garbage ends the connection, and all waiting callers get an error")
    func endsOnGarbage() async throws {
        let sent = PendingCall()
        let unsent = PendingCall()
        try withConnection { connection in
            connection.offer(RedisCommand("PING"), sent)
            connection.handler.takeCommands()
            connection.offer(RedisCommand("PING"), unsent)
            try connection.read("HTTP/1.1 400\r\n")
            #expect(connection.end?.code == .protocolViolation)
            #expect(!connection.isOpen)
            #expect(connection.queue.count == 0)
            guard case .refused = connection.offer(RedisCommand("PING"), PendingCall()) else {
                Issue.record("a closed connection took a command")
                return
            }
        }
        for call in [sent, unsent] {
            guard case .failure(let error) = await call.value() else {
                Issue.record("a call on a broken connection had a reply")
                return
            }
            #expect(error.code == .protocolViolation)
        }
    }

    @Test("a command unanswered for the socket time-out closes the connection")
    func closesWhenQuiet() throws {
        try withConnection { connection in
            connection.offer(RedisCommand("PING"), PendingCall(), after: .milliseconds(1))
            connection.handler.takeCommands()
            connection.advance(.milliseconds(9_900))
            #expect(connection.isOpen)
            connection.advance(.milliseconds(200))
            #expect(!connection.isOpen)
            #expect(connection.end?.code == .timedOut)
        }
    }

    @Test("commands beyond the bound are refused, and room comes back with the replies")
    func bounded() throws {
        try withConnection(capacity: 2) { connection in
            connection.offer(RedisCommand("PING"), PendingCall())
            connection.offer(RedisCommand("PING"), PendingCall())
            connection.handler.takeCommands()
            guard case .refused(let error) = connection.offer(RedisCommand("PING"), PendingCall()) else {
                Issue.record("a command beyond the bound was taken")
                return
            }
            #expect(error.code == .skipped)
            try connection.read(":1\r\n")
            #expect(connection.offer(RedisCommand("PING"), PendingCall()) == .acceptedFirst)
        }
    }

    @Test("an idle connection leaves no timer behind")
    func idleTimer() throws {
        try withConnection { connection in
            connection.offer(RedisCommand("PING"), PendingCall())
            connection.handler.takeCommands()
            try connection.read(":1\r\n")
            connection.advance(.milliseconds(20))
            #expect(connection.sweeps == 0)
        }
    }
}

/// A handler on an embedded channel, and what it told its owner.
private final class EmbeddedConnection {
    let queue: WriteQueue
    let handler: RedisChannelHandler
    var end: RedisError? { ends.withLock { $0 } }
    private let ends: SharedError
    private let channel = EmbeddedChannel()

    final class SharedError: Sendable {
        private let error = Mutex<RedisError?>(nil)
        func withLock<R>(_ body: (inout sending RedisError?) -> sending R) -> R { error.withLock(body) }
    }

    init(handshake: [HandshakeStep], capacity: Int) throws {
        queue = WriteQueue(capacity: capacity)
        let ends = SharedError()
        self.ends = ends
        handler = RedisChannelHandler(
            eventLoop: channel.embeddedEventLoop, queue: queue,
            machine: ConnectionStateMachine(handshake: handshake, socketTimeout: .seconds(10)),
            events: .init(
                ready: {}, answered: { _ in }, message: { _ in }, closed: { error in ends.withLock { $0 = error } }))
        try channel.pipeline.syncOperations.addHandler(handler)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/none"), promise: nil)
        channel.embeddedEventLoop.run()
    }

    var isOpen: Bool { channel.isActive }
    /// Timers that are still set.
    var sweeps: Int { handler.isSweepScheduled ? 1 : 0 }

    @discardableResult
    func offer(_ command: RedisCommand, _ call: PendingCall, after: TimeAmount = .seconds(60)) -> WriteQueue.Offer {
        CommandFormatter.withFormattedBytes(of: command) { bytes in
            queue.offer(bytes, call: call, deadline: channel.embeddedEventLoop.now + after)
        }
    }

    func read(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    func written() -> String? {
        try! channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }
    }

    func advance(_ time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
    }

    func finish() {
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}

private func withConnection(
    handshake: [HandshakeStep] = [], capacity: Int = 100, _ body: (EmbeddedConnection) throws -> Void
) throws {
    let connection = try EmbeddedConnection(handshake: handshake, capacity: capacity)
    defer { connection.finish() }
    try body(connection)
}
