import ParallaxCore
import RedisLimiting
import ServiceLifecycle

/// Forgets identities here that were reset at any instance.
struct ResetListener: Service {
    let resets: AsyncStream<Identity>
    let forget: @Sendable (Identity) -> Void

    func run() async {
        for await identity in resets.cancelOnGracefulShutdown() { forget(identity) }
    }
}
