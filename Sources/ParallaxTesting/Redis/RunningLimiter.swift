package import Logging
package import RedisLimiting

/// Lends a connected limiter to the body and shuts it down afterwards.
package func withRedisLimiter<Result: Sendable>(
    _ settings: RedisSettings, _ body: (RedisLimiter) async throws -> Result
) async throws -> Result {
    let limiter = try RedisLimiter(settings: settings, logger: .silent)
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
