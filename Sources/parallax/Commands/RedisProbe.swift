import Settings
import Logging
import RedisLimiting

/// Tries once to decide in the Redis of the settings.
enum RedisProbe {
    /// What happened on trying, without secrets.
    ///
    /// The script itself is run: a Redis that answers PING may still refuse writes, or the user the right to run it.
    static func run(_ settings: Settings) async -> RedisCheck {
        do {
            let limiter = try RedisLimiter(
                settings: settings.redisSettings(at: settings.redisURL()),
                logger: Logger(label: "parallax.check", factory: { _ in SwiftLogNoOpLogHandler() }))
            let connection = Task { await limiter.run() }
            defer { connection.cancel() }
            if case .failure(let error) = await limiter.probe(timeout: settings.redis.connectionTimeout) {
                return RedisCheck(error: error)
            }
            return RedisCheck(warnings: await warnings(of: limiter, timeout: settings.redis.connectionTimeout))
        } catch let error as RedisError {
            return RedisCheck(error: error)
        } catch {
            return RedisCheck(error: RedisError(.configuration, "\(error)"))
        }
    }

    private static func warnings(of limiter: RedisLimiter, timeout: Duration) async -> [ServerConcern] {
        let problem = await limiter.subscriptionProblem(timeout: timeout)
        // A user without the right to INFO decides as well as any other.
        let concerns = (try? await limiter.survey(timeout: timeout)) ?? []
        let resets = problem.map { [ServerConcern.noResets(problem: "\($0)")] } ?? []
        return resets + concerns.sorted { $0.problem < $1.problem }
    }
}
