import ParallaxCore
import RedisLimiting
import ServiceLifecycle

/// Forgets here what was reset at any instance.
struct ResetListener: Service {
    let resets: AsyncStream<ResetScope>
    let forget: @Sendable (ResetScope) -> Void

    func run() async {
        for await scope in resets.cancelOnGracefulShutdown() { forget(scope) }
    }
}
