import ParallaxCore
import NIOCore
import ServiceLifecycle

/// Ends connections whose deadline has passed, looking once a second.
struct ConnectionSweeper: Service {
    let connections: ConnectionTable

    func run() async {
        await cancelWhenGracefulShutdown {
            await ContinuousClock().repeating { connections.sweep() }
        }
    }
}
