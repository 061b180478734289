import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ParallaxCore
import Synchronization

/// One connection to Redis, from the attempt to make it to its end. It is made once and never again.
final class RedisConnection: Sendable {
    private let url: RedisURL
    private let tls: Replaceable<NIOSSLContext>?
    private let connectTimeout: TimeAmount
    private let eventLoop: any EventLoop
    private let queue: WriteQueue
    private let handler: NIOLoopBoundBox<RedisChannelHandler>
    private let progress: Progress

    /// What the event loop reports and any thread may read.
    private final class Progress: Sendable {
        let isReady = Atomic<Bool>(false)
        /// Whether it was made and has logged in, also if it was left since.
        let hasBeenReady = Atomic<Bool>(false)
        let hasServed = Atomic<Bool>(false)
        let whenReady = Mutex<(@Sendable () -> Void)?>(nil)
        let whenServed = Mutex<(@Sendable () -> Void)?>(nil)
        let end = Promise<RedisError>()
        let successor = Mutex<RedisConnection?>(nil)

        /// Notes that Redis has answered well on a connection that is ready.
        func served() {
            guard !hasServed.exchange(true, ordering: .relaxed) else { return }
            whenServed.withLock { $0.take() }?()
        }
    }

    /// Makes a connection that takes commands at once and sends them when ``run()`` has connected.
    ///
    /// - Parameters:
    ///   - channel: The channel to subscribe to, for a connection that only listens.
    ///   - message: Called on the event loop with every message of that channel.
    init(
        settings: RedisSettings, tls: Replaceable<NIOSSLContext>?, eventLoop: any EventLoop, counters: RedisCounters,
        subscribingTo channel: String? = nil, message: @escaping @Sendable (RedisReply) -> Void = { _ in }
    ) {
        self.url = settings.url
        self.tls = tls
        self.eventLoop = eventLoop
        connectTimeout = TimeAmount(settings.connectionTimeout)
        let queue = WriteQueue(capacity: settings.maximumPendingCommands)
        let progress = Progress()
        let handshake = HandshakeStep.steps(for: settings.url) + (channel.map { [.subscribe(channel: $0)] } ?? [])
        let events = RedisChannelHandler.Events(
            ready: {
                progress.hasBeenReady.store(true, ordering: .relaxed)
                progress.isReady.store(true, ordering: .relaxed)
                progress.whenReady.withLock { $0.take() }?()
                // Its last step was answered well. Without a handshake only the socket is known to be there.
                if !handshake.isEmpty { progress.served() }
            },
            answered: { isError in
                counters.answered(isError: isError)
                if !isError, !progress.hasServed.load(ordering: .relaxed), progress.isReady.load(ordering: .relaxed) {
                    progress.served()
                }
            },
            message: message,
            closed: { error in
                progress.isReady.store(false, ordering: .relaxed)
                progress.end.settle(error)
            })
        self.queue = queue
        self.progress = progress
        handler = .makeBoxSendingValue(
            RedisChannelHandler(
                eventLoop: eventLoop, queue: queue,
                machine: ConnectionStateMachine(
                    handshake: handshake, socketTimeout: TimeAmount(settings.socketTimeout)),
                events: events),
            eventLoop: eventLoop)
    }

    var isReady: Bool { progress.isReady.load(ordering: .relaxed) }
    /// Commands without a reply, sent or not.
    var waiting: Int { queue.count }
    /// Whether the handshake was completed and Redis has answered something other than an error since.
    var hasServed: Bool { progress.hasServed.load(ordering: .relaxed) }

    /// Connects, serves, and returns why the connection ended. Cancelling lets those who wait have their answers first.
    ///
    /// - Parameters:
    ///   - whenReady: Called once on the event loop when commands can be sent, before any is.
    ///   - whenServed: Called once on the event loop when ``hasServed`` becomes true.
    func run(
        whenReady: @escaping @Sendable () -> Void = {}, whenServed: @escaping @Sendable () -> Void = {}
    ) async -> RedisError {
        progress.whenReady.withLock { $0 = whenReady }
        progress.whenServed.withLock { $0 = whenServed }
        return await withTaskCancellationHandler {
            await progress.end.value { connect() }
        } onCancel: {
            eventLoop.execute { self.handler.value.drain() }
        }
    }

    /// The connection that this one was left for.
    var successor: RedisConnection? { progress.successor.withLock { $0 } }

    /// Ends ``run(whenReady:whenServed:)`` at once, and the connection itself when the callers who wait have their answers.
    ///
    /// - Returns: Whether it was left; `false` if it has ended by itself.
    func leave(for successor: RedisConnection) -> Bool {
        progress.successor.withLock { $0 = successor }
        guard progress.end.settle(.left) else { return false }
        progress.isReady.store(false, ordering: .relaxed)
        eventLoop.execute { self.handler.value.drain() }
        return true
    }

    /// Ends a connection that was never run.
    func discard() {
        eventLoop.execute { self.handler.value.close(.shutDown) }
    }

    /// Sends a command for a caller. The call is settled in any case.
    func send(_ command: RedisCommand, for call: PendingCall, deadline: NIODeadline) {
        let offer = CommandFormatter.withFormattedBytes(of: command) { bytes in
            queue.offer(bytes, call: call, deadline: deadline)
        }
        switch offer {
        case .accepted: break
        case .acceptedFirst: eventLoop.execute { self.handler.value.takeCommands() }
        case .refused(let error): call.settle(.failure(error))
        }
    }

    private func connect() {
        eventLoop.scheduleTask(in: connectTimeout) {
            // One that was left before this time is over still has callers to answer.
            guard !self.progress.hasBeenReady.load(ordering: .relaxed) else { return }
            self.handler.value.close(
                RedisError(.timedOut, "Redis at \(self.url) did not accept the connection and the login in time"))
        }
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = self.tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls.current, serverHostname: self.url.nameForTLS))
                    }
                    try channel.pipeline.syncOperations.addHandler(self.handler.value)
                }
            }
        let channel =
            switch url.endpoint {
            case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
            case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        channel.whenFailure { error in
            self.eventLoop.execute {
                self.handler.value.close(
                    RedisError(
                        .disconnected, "no connection to Redis at \(self.url); is it running, and is the URL right?",
                        cause: DisplayText.plain("\(error)")))
            }
        }
    }
}

extension RedisURL {
    /// The name a certificate is checked against; `nil` if the host is an address, which is checked as such.
    fileprivate var nameForTLS: String? {
        guard case .tcp(let host, _) = endpoint, (try? SocketAddress(ipAddress: host, port: 0)) == nil else {
            return nil
        }
        return host
    }
}

extension RedisConnection {
    /// Runs a subscribed connection to its end, asking now and then whether the other end is still there.
    ///
    /// - Parameters:
    ///   - interval: The time between questions, and the most that an answer may take if nothing else is said.
    ///   - hasGone: Returns when there is nothing to be heard from this server any more.
    ///   - whenReady: Called once on the event loop when the connection is subscribed.
    ///   - ask: Puts one question; a PING if nothing else is said.
    /// - Returns: Why the connection ended; `nil` if it was ended from here.
    func listen(
        askingEvery interval: Duration, until hasGone: @escaping @Sendable () async -> Void,
        whenReady: @escaping @Sendable () -> Void = {}, ask: (@Sendable () async -> Void)? = nil
    ) async -> RedisError? {
        await withTaskGroup(of: RedisError?.self) { group in
            group.addTask {
                repeat {
                    if let ask { await ask() } else { try? await self.ping(deadline: .now() + TimeAmount(interval)) }
                } while (try? await Task.sleep(for: interval)) != nil
                return nil
            }
            group.addTask {
                let error = await self.run(whenReady: whenReady)
                return Task.isCancelled ? nil : error
            }
            group.addTask {
                await hasGone()
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? nil
        }
    }

    /// Sends a PING; a connection that leaves it unanswered for the socket time-out is closed by its handler.
    ///
    /// - Throws: ``RedisError`` if there was no answer, or the answer was an error.
    func ping(deadline: NIODeadline) async throws(RedisError) {
        let call = PendingCall()
        let outcome = await call.value { send(RedisCommand("PING"), for: call, deadline: deadline) }
        if case .error(let text) = try outcome.get() { throw RedisError(serverReply: text) }
    }
}

extension Promise where Value == Void {
    /// Suspends until the task is cancelled.
    static func never() async {
        let end = Promise()
        await withTaskCancellationHandler {
            await end.value()
        } onCancel: {
            end.settle(())
        }
    }
}
