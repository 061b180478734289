import ParallaxCore
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

/// Lets the candidate decisions that are still under way end before the recorder does, so that they are recorded.
///
/// It stands between the two in the order of shutting down: after the door, before the recorder.
struct CandidateDrain: Service {
    /// Decisions under way whose callers have their answers.
    let inFlight: @Sendable () -> Int
    /// The most time to wait: a decision has a deadline well below it.
    let timeout: Duration

    func run() async {
        try? await gracefulShutdown()
        let deadline = ContinuousClock.now + timeout
        while inFlight() > 0, ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
        }
    }
}
