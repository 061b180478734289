package import Logging
package import RedisLimiting

/// Lends a connected limiter to the body and shuts it down afterwards.
///
/// - Parameter uptime: The clock of its refusal cache; `nil` for the system's.
package func withRedisLimiter<Result: Sendable>(
    _ settings: RedisSettings, logger: Logger = .silent, uptime: (@Sendable () -> Duration)? = nil,
    _ body: (RedisLimiter) async throws -> Result
) async throws -> Result {
    let limiter = try RedisLimiter(
        settings: settings, logger: logger, uptime: uptime ?? RedisLimiter.uptime(since: .now))
    let running = Task { await limiter.run() }
    do {
        let result = try await body(limiter)
        running.cancel()
        await running.value
        return result
    } catch {
        running.cancel()
        await running.value
        throw error
    }
}

extension Logger {
    /// A logger that writes nothing.
    package static var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }
}
