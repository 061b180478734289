import NIOCore
import NIOEmbedded

@testable import RedisLimiting

/// A connection without a socket, the callers on it, and what must hold of them at every moment.
final class FuzzedConnection {
    /// Commands carry the number of their caller, so that a reply shows whose it is.
    struct Caller {
        let call = PendingCall()
        let deadline: NIODeadline
        var isSent = false
    }

    /// What the owner of the connection was told.
    private final class Told {
        var ready = 0
        var replies = 0
        var messages: [RedisReply] = []
        var ends: [RedisError] = []
    }

    let queue: WriteQueue
    private(set) var callers: [Caller] = []
    /// Bytes that the other side has not read yet.
    var written: ArraySlice<UInt8> = []
    private let handler: RedisChannelHandler
    private let channel = EmbeddedChannel()
    private let told = Told()
    private let handshake: [HandshakeStep]
    private var isConnected = false
    private var hasNews = false
    /// Commands whose callers had given up before they could be sent.
    private var isUnwanted: Set<Int> = []
    private var handshakeSent = 0

    init(handshake: [HandshakeStep], capacity: Int) {
        self.handshake = handshake
        queue = WriteQueue(capacity: capacity)
        let told = told
        handler = RedisChannelHandler(
            eventLoop: channel.embeddedEventLoop, queue: queue,
            machine: ConnectionStateMachine(handshake: handshake, socketTimeout: .seconds(10)),
            events: .init(
                ready: { told.ready += 1 }, answered: { _ in told.replies += 1 },
                message: { told.messages.append($0) }, closed: { told.ends.append($0) }))
        try! channel.pipeline.syncOperations.addHandler(handler)
    }

    /// A channel that is left open would end the process before a violation could be told.
    deinit {
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    var isOpen: Bool { told.ends.isEmpty }
    var end: RedisError? { told.ends.first }
    var isReady: Bool { told.ready > 0 }
    var messages: [RedisReply] { told.messages }
}

// MARK: What can happen
extension FuzzedConnection {
    func connect() {
        // An embedded channel that was closed would count as active for ever.
        guard !isConnected, isOpen else { return }
        isConnected = true
        channel.connect(to: try! SocketAddress(unixDomainSocketPath: "/none"), promise: nil)
        channel.embeddedEventLoop.run()
    }

    /// A caller comes, as to `RedisConnection.send`.
    func offer(deadlineIn time: TimeAmount) {
        let caller = Caller(deadline: channel.embeddedEventLoop.now + time)
        let command = RedisCommand("PING", String(callers.count))
        callers.append(caller)
        let offer = CommandFormatter.withFormattedBytes(of: command) { bytes in
            queue.offer(bytes, call: caller.call, deadline: caller.deadline)
        }
        switch offer {
        case .accepted: break
        case .acceptedFirst: hasNews = true
        case .refused(let error): caller.call.settle(.failure(error))
        }
    }

    func giveUp(_ number: Int) {
        guard callers.indices.contains(number) else { return }
        callers[number].call.settle(.failure(RedisError(.cancelled, "the caller gave up")))
    }

    /// The event loop comes to the commands that have gathered.
    func takeCommands() {
        noteUnwanted()
        guard hasNews else { return }
        hasNews = false
        handler.takeCommands()
    }

    func advance(_ time: TimeAmount) {
        takeCommands()
        noteUnwanted()
        channel.embeddedEventLoop.advanceTime(by: time)
    }

    func read(_ bytes: some Sequence<UInt8>) {
        guard isConnected else { return }
        noteUnwanted()
        channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
    }

    func drain() {
        noteUnwanted()
        handler.drain()
    }

    func breakOff() { channel.pipeline.fireErrorCaught(ChannelError.ioOnClosedChannel) }

    func hangUp() {
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
    }

    private func noteUnwanted() {
        for (number, caller) in callers.enumerated() where !caller.isSent && caller.call.isSettled {
            isUnwanted.insert(number)
        }
    }
}

// MARK: What must hold
extension FuzzedConnection {
    /// Looks at everything after each event.
    func check() throws(Violation) {
        try checkWritten()
        try Violation.unless(told.ready <= 1 && told.ends.count <= 1, "an owner was told twice of the same")
        try Violation.unless(queue.count >= 0, "\(queue.count) commands wait")
        let late = channel.embeddedEventLoop.now - RedisChannelHandler.deadlineResolution
        for (number, caller) in callers.enumerated() where !caller.call.isSettled {
            try Violation.unless(isOpen, "caller \(number) waits on a closed connection")
            try Violation.unless(caller.deadline > late || hasNews, "caller \(number) waits beyond its deadline")
        }
        guard !isOpen else { return }
        try Violation.unless(queue.count == 0, "\(queue.count) commands wait on a closed connection")
    }

    /// Ends the connection, whatever has come before.
    func finish() throws(Violation) {
        hangUp()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        channel.embeddedEventLoop.run()
        if !isConnected { handler.close(.shutDown) }
        try check()
        try Violation.unless(told.ends.count == 1, "a connection ended \(told.ends.count) times")
        try Violation.unless(callers.allSatisfy(\.call.isSettled), "a caller waits for ever")
    }

    /// What was sent is the login, and then the commands in their order, once each, of those who still wanted them.
    private func checkWritten() throws(Violation) {
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            var bytes = Array(buffer.readableBytesView)[...]
            written += bytes
            while let words = RESP.takeCommand(from: &bytes) {
                if handshakeSent < handshake.count {
                    try Violation.unless(
                        words == handshake[handshakeSent].command.words, "\(words) is not a step of the login")
                    handshakeSent += 1
                } else {
                    try noteSent(words)
                }
            }
            try Violation.unless(bytes.isEmpty, "\(Array(bytes)) was sent, which is not a command")
        }
    }

    private func noteSent(_ words: [[UInt8]]) throws(Violation) {
        guard words.count == 2, words[0] == Array("PING".utf8),
            let number = Int(String(decoding: words[1], as: UTF8.self)), callers.indices.contains(number)
        else { throw Violation(description: "no caller had asked to send \(words)") }
        try Violation.unless(isReady, "command \(number) was sent before the login was over")
        try Violation.unless(!callers[number...].contains(where: \.isSent), "command \(number) was sent late, or twice")
        try Violation.unless(!isUnwanted.contains(number), "command \(number) was sent when its caller had given up")
        callers[number].isSent = true
    }
}
