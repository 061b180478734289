import NIOCore
import NIOSSL
import ParallaxCore

/// Asks one server one question, on a connection of its own that ends with the answer.
struct OneShotClient: Sendable {
    private let settings: RedisSettings
    private let tls: Replaceable<NIOSSLContext>?
    private let eventLoops: any EventLoopGroup
    private let answerTimeout: Duration
    private let counters = RedisCounters()

    /// Prepares inquiries.
    ///
    /// - Parameters:
    ///   - settings: Waits and bounds; the address is each question's own.
    ///   - answerTimeout: The most time that one answer may take, connecting included: others are there to be asked.
    init(
        settings: RedisSettings, tls: Replaceable<NIOSSLContext>?, eventLoops: any EventLoopGroup,
        answerTimeout: Duration = .seconds(1)
    ) {
        self.settings = settings
        self.tls = tls
        self.eventLoops = eventLoops
        self.answerTimeout = answerTimeout
    }

    /// The most time that one answer may take, connecting included.
    var timeout: Duration { min(settings.connectionTimeout, answerTimeout) }

    /// Connects, asks, and closes.
    ///
    /// - Throws: ``RedisError`` if there is no answer in time; an error that the server answered is an answer.
    func ask(_ command: RedisCommand, at url: RedisURL) async throws(RedisError) -> RedisReply {
        let connection = makeConnection(to: url)
        let serving = Task { await connection.run() }
        let call = PendingCall()
        let outcome = await withTaskCancellationHandler {
            await call.value { connection.send(command, for: call, deadline: .now() + TimeAmount(timeout)) }
        } onCancel: {
            call.settle(.failure(RedisError(.cancelled, "the caller gave up")))
        }
        serving.cancel()
        _ = await serving.value
        return try outcome.get()
    }

    /// A connection to one server, which begins when it is run.
    ///
    /// - Parameters:
    ///   - channel: The channel to subscribe to; `nil` for a connection that asks.
    ///   - message: Called with every message of that channel.
    func makeConnection(
        to url: RedisURL, subscribingTo channel: String? = nil,
        message: @escaping @Sendable (RedisReply) -> Void = { _ in }
    ) -> RedisConnection {
        var settings = settings
        settings.url = url
        settings.connectionTimeout = timeout
        return RedisConnection(
            settings: settings, tls: url.usesTLS ? tls : nil, eventLoop: eventLoops.next(), counters: counters,
            subscribingTo: channel, message: message)
    }
}
