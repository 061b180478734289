import ServiceLifecycle
import Synchronization

/// Keeps the service answering for a while after it was asked to end, while `/health/ready` says that it is not ready, so
/// that load balancers have stopped sending requests when the listener closes.
///
/// It is the last in the order of starting, and so the first to shut down.
final class ShutdownDelay: Service {
    private let delay: Duration
    private let whenOver: @Sendable () -> Void
    private let begun = Atomic(false)

    /// - Parameter whenOver: Called when the delay is over and the other parts begin to end.
    init(_ delay: Duration, whenOver: @escaping @Sendable () -> Void = {}) {
        self.delay = delay
        self.whenOver = whenOver
    }

    /// Whether the service was asked to end.
    var hasBegun: Bool { begun.load(ordering: .relaxed) }

    func run() async {
        try? await gracefulShutdown()
        begun.store(true, ordering: .relaxed)
        try? await Task.sleep(for: delay)
        whenOver()
    }
}
