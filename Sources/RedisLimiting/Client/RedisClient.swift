package import Logging
package import NIOCore
import NIOPosix
import NIOSSL
import ParallaxCore
import ServiceLifecycle
import Synchronization

/// A client of one Redis server: commands of many callers share few connections, and nothing blocks a thread.
///
/// It starts with one connection and opens another when all are busy, up to the settings' maximum. A connection that
/// ends is made again, with back-off. While there is none, commands fail at once.
package final class RedisClient: Service {
    package let settings: RedisSettings
    let counters: RedisCounters
    private let logger: Logger
    private let eventLoops: any EventLoopGroup
    private let tls: Replaceable<NIOSSLContext>?
    private let pool: Mutex<ConnectionPool>
    /// The connection that takes commands before ``run()`` has connected.
    private let first: RedisConnection
    private let growth: (requests: AsyncStream<Void>, request: AsyncStream<Void>.Continuation)
    /// Runs tasks where the first connection's replies come in.
    package let executor: EventLoopExecutor
    /// Held while a command and the ASKING before it are put on their way; `nil` if commands go without.
    private let askingLock: AskingLock?
    private let lostConnection: (@Sendable () -> Void)?
    private let connectionLog: ProblemLog

    /// Makes a client; ``run()`` connects it.
    ///
    /// - Throws: ``RedisError`` with `configuration` if the trusted certificates cannot be read.
    package convenience init(
        settings: RedisSettings, logger: Logger,
        eventLoops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(RedisError) {
        try self.init(settings: settings, logger: logger, eventLoops: eventLoops, counters: RedisCounters())
    }

    /// Makes a client that counts where its owner looks.
    ///
    /// - Throws: ``RedisError`` with `configuration` if the trusted certificates cannot be read.
    convenience init(
        settings: RedisSettings, logger: Logger,
        eventLoops: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, counters: RedisCounters
    ) throws(RedisError) {
        let tls = settings.url.usesTLS ? Replaceable(try RedisClient.makeTLS(settings)) : nil
        self.init(settings: settings, logger: logger, eventLoops: eventLoops, tls: tls, counters: counters)
    }

    /// Makes a client of one server of several.
    ///
    /// - Parameters:
    ///   - counters: Where it counts; several clients may share them.
    ///   - isAsking: Whether every command goes out with ASKING before it, on one connection.
    ///   - lostConnection: Called when a connection has ended, or could not be made.
    init(
        settings: RedisSettings, logger: Logger, eventLoops: any EventLoopGroup,
        tls: Replaceable<NIOSSLContext>?,
        counters: RedisCounters, isAsking: Bool = false,
        lostConnection: (@Sendable () -> Void)? = nil
    ) {
        self.settings = settings
        self.logger = logger
        connectionLog = ProblemLog("no connection to Redis", end: "connected to Redis again", logger: logger)
        self.eventLoops = eventLoops
        self.tls = tls
        self.counters = counters
        self.lostConnection = lostConnection
        askingLock = isAsking ? AskingLock() : nil
        let eventLoop = eventLoops.next()
        executor = EventLoopExecutor(eventLoop)
        first = RedisConnection(settings: settings, tls: tls, eventLoop: eventLoop, counters: counters)
        // One connection is left to the subscription.
        var pool = ConnectionPool(
            maximumSlots: isAsking ? 1 : settings.maximumConnections - 1, growthThreshold: settings.growthThreshold)
        pool.add(first)
        self.pool = Mutex(pool)
        let (requests, request) = AsyncStream.makeStream(of: Void.self)
        growth = (requests, request)
    }

    /// Keeps the connections until the service shuts down or the task is cancelled; callers get their answers first.
    package func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.keepConnected(startingWith: self.first) }
                for await _ in growth.requests {
                    group.addTask { await self.keepConnected(startingWith: nil) }
                }
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            self.pool.withLock { $0.shutDown() }
            self.growth.request.finish()
        }
    }

    /// Sends one command and waits for its reply.
    ///
    /// - Parameter deadline: When to give up. A command given up after it was sent may still be carried out.
    /// - Returns: The reply; an error that Redis answered is a reply too.
    /// - Throws: ``RedisError`` if there was no reply.
    package func send(_ command: RedisCommand, deadline: NIODeadline) async throws(RedisError) -> RedisReply {
        let call = PendingCall()
        let outcome = await withTaskCancellationHandler {
            await call.value { dispatch(command, for: call, deadline: deadline) }
        } onCancel: {
            call.settle(.failure(RedisError(.cancelled, "the caller gave up")))
        }
        if case .failure(let error) = outcome, error.code != .cancelled { counters.commandFailed() }
        return try outcome.get()
    }

    /// Sends one command, whose reply can be waited for later.
    func post(_ command: RedisCommand, deadline: NIODeadline) -> PendingCall {
        let call = PendingCall()
        dispatch(command, for: call, deadline: deadline)
        return call
    }

    private func dispatch(_ command: RedisCommand, for call: PendingCall, deadline: NIODeadline) {
        if let askingLock { return dispatchAsking(command, for: call, deadline: deadline, lock: askingLock) }
        switch pool.withLock({ $0.choose() }) {
        case .use(let connection):
            connection.send(command, for: call, deadline: deadline)
        case .useAndGrow(let connection):
            connection.send(command, for: call, deadline: deadline)
            growth.request.yield()
        case .fail(let error):
            call.settle(.failure(error))
        }
    }

    /// Sends ASKING and the command, with nothing between them.
    private func dispatchAsking(
        _ command: RedisCommand, for call: PendingCall, deadline: NIODeadline, lock: AskingLock
    ) {
        lock.take {
            switch pool.withLock({ $0.choose() }) {
            case .use(let connection), .useAndGrow(let connection):
                connection.send(RedisCommand("ASKING"), for: PendingCall(), deadline: deadline)
                connection.send(command, for: call, deadline: deadline)
            case .fail(let error):
                call.settle(.failure(error))
            }
        }
    }

    /// Makes a connection for one who does not share it, such as a subscription.
    func makeConnection(
        subscribingTo channel: String, message: @escaping @Sendable (RedisReply) -> Void
    ) -> RedisConnection {
        RedisConnection(
            settings: settings, tls: tls, eventLoop: eventLoops.next(), counters: counters, subscribingTo: channel,
            message: message)
    }
}

// MARK: Keeping connected
extension RedisClient {
    /// Keeps one connection: makes it, waits for its end, waits a little, and makes it again.
    ///
    /// It is made again at once only after a connection that has served: a server that refuses every connection with an
    /// error answers too.
    private func keepConnected(startingWith first: RedisConnection?) async {
        var backoff = Backoff(delays: settings.reconnectDelays)
        var random = SystemRandomNumberGenerator()
        var connection = first ?? makeConnection()
        while true {
            let start = ContinuousClock.now
            let error = await serve(connection)
            if Task.isCancelled { return }
            if error == .left, let successor = connection.successor {
                // None has failed: an alert must not count it as lost.
                connection = successor
                continue
            }
            connectionLog.occurred(error, metadata: ["redis": "\(settings.url)"])
            let delay =
                connection.hasServed
                ? backoff.delay(afterServing: .now - start, using: &random) : backoff.delay(using: &random)
            if let delay { guard (try? await Task.sleep(for: delay)) != nil else { return } }
            connection = makeConnection()
            // Redis was there a moment ago: commands may wait for the new connection.
            if delay == nil { pool.withLock { $0.add(connection) } }
            counters.reconnecting()
        }
    }

    /// Runs a connection to its end; it takes commands from when it is ready.
    private func serve(_ connection: RedisConnection) async -> RedisError {
        let error = await connection.run(
            whenReady: { self.pool.withLock { $0.add(connection) } },
            whenServed: {
                self.connectionLog.ended(metadata: ["redis": "\(self.settings.url)"])
                self.logger.info("connected to Redis", metadata: ["redis": "\(self.settings.url)"])
            })
        pool.withLock { $0.remove(connection, after: error) }
        lostConnection?()
        return error
    }

    /// Replaces the connections that are ready by new ones, which resolves the address again.
    ///
    /// Commands that wait on them get their answers.
    ///
    /// - Returns: Whether there was one to leave.
    func renew() -> Bool {
        let ready = pool.withLock { $0.connections.filter(\.isReady) }
        for connection in ready {
            let successor = makeConnection()
            // First in the pool, so that no command finds it empty.
            pool.withLock { $0.replace(connection, by: successor) }
            guard !connection.leave(for: successor) else { continue }
            pool.withLock { $0.remove(successor, after: .left) }
            successor.discard()
        }
        return !ready.isEmpty
    }

    private func makeConnection() -> RedisConnection {
        RedisConnection(settings: settings, tls: tls, eventLoop: eventLoops.next(), counters: counters)
    }

    static func makeTLS(_ settings: RedisSettings) throws(RedisError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            if let file = settings.trustedCertificatesFile {
                configuration.trustRoots = .certificates(try TrustedCertificates.read(file: file))
            }
            if let own = settings.clientCertificate {
                let (chain, key) = try own.read()
                configuration.certificateChain = chain.map { .certificate($0) }
                configuration.privateKey = .privateKey(key)
            }
            return try NIOSSLContext(configuration: configuration)
        } catch let error as RedisError {
            throw error
        } catch {
            throw RedisError(
                .configuration, "TLS for Redis could not be set up; check the files of certificates and of the key",
                cause: DisplayText.plain("\(error)"))
        }
    }
}

// MARK: Looking at it
extension RedisClient {
    /// Connections that are ready, and the commands that wait on them.
    var load: (connections: Int, pending: Int) {
        let connections = pool.withLock { $0.connections }
        return (connections.count(where: \.isReady), connections.reduce(0) { $0 + $1.waiting })
    }

    /// Why the last connection ended.
    var lastConnectionError: RedisError? { pool.withLock { $0.lastError } }
}
