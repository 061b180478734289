import ParallaxCore
import RedisLimiting
import ServiceLifecycle
import Synchronization

/// Asks the servers of Redis once a minute what they say about their memory and their cluster.
final class ServerSurvey: Service {
    private let redis: RedisLimiter
    private let clock: any Clock<Duration>
    private let found = Mutex<Set<ServerConcern>>([])
    private let isForbidden = Atomic<Bool>(false)

    init(redis: RedisLimiter, clock: any Clock<Duration> = ContinuousClock()) {
        self.redis = redis
        self.clock = clock
    }

    /// What was wrong at the last look.
    var concerns: Set<ServerConcern> {
        let found = found.withLock { $0 }
        return redis.hasMetCluster ? found.union([.clusterNode]) : found
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            await self.clock.repeating(pausing: .seconds(60)) { await self.look() }
        }
    }

    /// Looks once. A user who lacks the right is not asked for it again: Redis notes every refusal in its log.
    func look() async {
        guard !isForbidden.load(ordering: .relaxed) else { return }
        do throws(RedisError) {
            let concerns = try await redis.survey()
            found.withLock { $0 = concerns }
        } catch {
            if error.cause?.contains("NOPERM") == true { isForbidden.store(true, ordering: .relaxed) }
        }
    }
}
