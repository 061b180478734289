import ParallaxCore
import ServiceLifecycle

/// Lets the candidate decisions that are still under way end before the recorder does, so that they are recorded.
///
/// It stands between the two in the order of shutting down: after the door, before the recorder.
struct CandidateDrain: Service {
    /// Decisions under way whose callers have their answers.
    let inFlight: @Sendable () -> Int
    /// The most time to wait: a decision has a deadline well below it.
    let patience: Duration

    func run() async {
        try? await gracefulShutdown()
        let deadline = ContinuousClock.now + patience
        while inFlight() > 0, ContinuousClock.now < deadline {
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
        }
    }
}
