package import ParallaxCore

/// The limiter's script and its arguments, for those who send them to Redis by other means to measure them.
package struct MeasuredScript: Sendable {
    private let script = SlidingLogScript()

    package init() {}

    /// The script's text.
    package var source: [UInt8] { script.source }

    /// The `EVALSHA` that the limiter sends for a request.
    ///
    /// - Parameter now: The time to judge at; `nil` for the server's.
    package func command(for request: CheckRequest, at now: Timestamp? = nil) -> RedisCommand {
        var command = script.evalsha
        script.appendArguments(
            to: &command, key: { RedisKey.append(request.identity, to: &$0) }, policy: request.policy,
            cost: request.cost, now: now)
        return command
    }
}
