/// The state of the way to Redis at one moment.
package struct RedisHealth: Equatable, Sendable {
    /// Connections that are ready for commands.
    package let connections: Int
    /// Commands without a reply.
    package let pending: Int
    package let breaker: BreakerState
    /// The last failure since the start, of a connection or a command; it may be long over.
    package let lastError: RedisError?
    /// Why resets are not heard of at the moment; `nil` where they are, or nobody listens.
    package let resetsProblem: RedisError?
    /// Replies received since the start, errors included.
    package let answered: Int
    /// Replies since the start that were errors.
    package let answeredWithError: Int
    /// Commands since the start that got no reply.
    package let failed: Int
    /// Attempts since the start to connect again.
    package let reconnects: Int

    /// Whether a decision asked for now has a good chance of an answer.
    package var isHealthy: Bool { connections > 0 && breaker == .closed }
}
