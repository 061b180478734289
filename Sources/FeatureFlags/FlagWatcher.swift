package import Logging
import ServiceLifecycle
import ParallaxCore

/// Reads the flag file several times a second until the service ends.
///
/// Reading by content sees what notifications and modification times do not: files swapped as symbolic links, restored
/// with their old times, or written over a network.
package struct FlagWatcher: Service {
    private let store: FlagStore
    private let interval: Duration
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - interval: The pause between two readings.
    ///   - logger: Gets every change and problem.
    package init(
        store: FlagStore, interval: Duration = .milliseconds(200), clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        self.store = store
        self.interval = interval
        self.clock = clock
        store.observe { $0.log(to: logger) }
        // Found at the start, when there was no one to tell.
        if let problem = store.problem { FlagEvent.failed(problem).log(to: logger) }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await clock.repeating(pausing: interval) { await store.refresh() }
        }
        await store.end()
    }
}
