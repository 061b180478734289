import Logging
import NIOCore
import ParallaxService
import RedisLimiting

/// Tries once to reach the Redis of the settings.
enum RedisProbe {
    /// What is wrong with the text of a Redis URL, without quoting it; `nil` where nothing is.
    static func problem(withURL text: String) -> String? {
        do throws(RedisURLError) {
            _ = try RedisURL(text)
            return nil
        } catch {
            return error.description
        }
    }

    /// What happened on trying, without secrets; `nil` where Redis answered.
    static func run(_ settings: Settings) async -> String? {
        do {
            let url = try RedisURL(settings.redis.url.revealed)
            let client = try RedisClient(
                settings: RedisSettings(url: url, connectionTimeout: settings.redis.connectionTimeout),
                logger: Logger(label: "parallax.check", factory: { _ in SwiftLogNoOpLogHandler() }))
            let connection = Task { await client.run() }
            defer { connection.cancel() }
            return try await ping(client, within: settings.redis.connectionTimeout)
        } catch {
            return "\(error)"
        }
    }

    private static func ping(_ client: RedisClient, within limit: Duration) async throws(RedisError) -> String? {
        let reply = try await client.send(RedisCommand("PING"), deadline: .now() + TimeAmount(limit))
        guard case .error(let message) = reply else { return nil }
        return "it answered: \(message)"
    }
}
