import ParallaxCore
import NIOCore

/// Drives one connection's state machine: bytes to replies, the queue to the socket, time to ends.
///
/// Lives on one event loop. Its owner is notified of the rest through `events`.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the owner of a connection is told.
    struct Events {
        var ready: () -> Void
        /// A reply was received; called before the reply's caller gets it.
        var answered: (_ isError: Bool) -> Void
        var message: (RedisReply) -> Void
        var closed: (RedisError) -> Void
    }

    /// How late a deadline may be noticed.
    static let deadlineResolution = TimeAmount.milliseconds(5)

    private let eventLoop: any EventLoop
    private let queue: WriteQueue
    private let events: Events
    private let parser = ReplyParser()
    private var machine: ConnectionStateMachine<PendingCall>
    private var context: ChannelHandlerContext?
    private(set) var isSweepScheduled = false

    init(eventLoop: any EventLoop, queue: WriteQueue, machine: ConnectionStateMachine<PendingCall>, events: Events) {
        self.eventLoop = eventLoop
        self.queue = queue
        self.machine = machine
        self.events = events
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { connected(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        close(RedisError(.disconnected, "the connection to Redis was closed"))
    }

    func channelActive(context: ChannelHandlerContext) {
        connected(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        close(RedisError(.disconnected, "Redis closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(RedisError(.disconnected, "the connection to Redis broke", cause: DisplayText.plain("\(error)")))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var released = 0
        do {
            try parser.feed(unwrapInboundIn(data))
            while let reply = try parser.next() {
                events.answered(reply.isError)
                released += received(reply)
            }
        } catch {
            close(error)
        }
        if released > 0 { queue.settled(released) }
    }

    // MARK: Commands

    /// Sends what has gathered in the queue, if the connection is ready, and watches its deadlines.
    func takeCommands() {
        defer { scheduleSweep() }
        guard machine.isReady, let context else { return }
        let batch = queue.take()
        guard !batch.entries.isEmpty else { return }
        let now = eventLoop.now
        for entry in batch.entries { machine.sent(entry.call, deadline: entry.deadline, now: now) }
        guard batch.bytes.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(batch.bytes), promise: nil)
    }

    /// Takes no more commands and closes when the last caller has its answer.
    func drain() {
        takeCommands()
        switch machine.drained() {
        case .wait:
            for call in queue.close(.shutDown) { call.settle(.failure(.shutDown)) }
            scheduleSweep()
        case .close:
            close(.shutDown)
        }
    }

    /// Ends the connection, and answers all who wait.
    func close(_ error: RedisError) {
        guard machine.state != .closed else { return }
        queue.settled(machine.pendingCount)
        let unanswered = machine.closed()
        for call in queue.close(error) + unanswered { call.settle(.failure(error)) }
        context?.close(promise: nil)
        events.closed(error)
    }

    // MARK: Events

    private func connected(_ context: ChannelHandlerContext) {
        switch machine.connected() {
        case .sendHandshake(let steps): send(steps, context: context)
        case .becomeReady: becomeReady()
        case .close: context.close(promise: nil)
        }
    }

    private func send(_ steps: [HandshakeStep], context: ChannelHandlerContext) {
        var bytes = ByteBuffer()
        for step in steps {
            CommandFormatter.withFormattedBytes(of: step.command) { _ = bytes.writeBytes($0) }
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func becomeReady() {
        events.ready()
        takeCommands()
    }

    /// Acts on one reply.
    ///
    /// - Returns: The number of commands that wait no longer: 0 or 1.
    private func received(_ reply: RedisReply) -> Int {
        let before = machine.pendingCount
        let action = machine.received(reply)
        let released = before - machine.pendingCount
        switch action {
        case .deliver(let call): call.settle(.success(reply))
        case .ignore: break
        case .becomeReady: becomeReady()
        case .push: events.message(reply)
        case .deliverAndClose(let call):
            call.settle(.success(reply))
            close(.shutDown)
        case .close: close(.shutDown)
        case .fail(let error): close(error)
        }
        return released
    }

    // MARK: Time

    private func scheduleSweep() {
        guard !isSweepScheduled, machine.pendingCount > 0 || queue.count > 0, machine.state != .closed else { return }
        isSweepScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: RedisChannelHandler.deadlineResolution) {
            self.isSweepScheduled = false
            self.sweep(now: self.eventLoop.now)
            self.scheduleSweep()
        }
    }

    private func sweep(now: NIODeadline) {
        if !machine.isReady { queue.sweep(now: now) }
        switch machine.swept(now: now) {
        case .timeOut(let calls):
            for call in calls { call.settle(.failure(.late)) }
        case .timeOutAndClose(let calls, let error):
            for call in calls { call.settle(.failure(.late)) }
            close(error)
        }
    }
}

extension RedisError {
    /// The deadline of a caller has passed.
    static let late = RedisError(.timedOut, "Redis did not answer within the deadline")
    /// The owner has left the connection for another.
    static let left = RedisError(.disconnected, "the connection to Redis was replaced by another")
    /// The owner has ended the connection.
    static let shutDown = RedisError(.disconnected, "the connection to Redis was shut down")
}
