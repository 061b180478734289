import Logging
import ParallaxService
import RedisLimiting

/// Tries once to decide in the Redis of the settings.
enum RedisProbe {
    /// What happened on trying, without secrets; `nil` where Redis could decide.
    ///
    /// The script itself is run: a Redis that answers PING may still refuse writes, or the user the right to run it.
    static func run(_ settings: Settings) async -> RedisError? {
        do {
            let limiter = try RedisLimiter(
                settings: settings.redisSettings(at: settings.redisURL()),
                logger: Logger(label: "parallax.check", factory: { _ in SwiftLogNoOpLogHandler() }))
            let connection = Task { await limiter.run() }
            defer { connection.cancel() }
            guard case .failure(let error) = await limiter.probe(timeout: settings.redis.connectionTimeout) else {
                return nil
            }
            return error
        } catch {
            return error as? RedisError ?? RedisError(.configuration, "\(error)")
        }
    }
}
