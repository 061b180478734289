import Foundation
import Synchronization

/// How long statements wait for a lock that another program holds: each for the same time, and when the process is about
/// to end, all of them until one instant.
final class LockPatience: Sendable {
    private static let pause: Duration = .milliseconds(10)

    private let timeout: Duration
    private let end = Mutex<ContinuousClock.Instant?>(nil)

    init(timeout: Duration) {
        self.timeout = timeout
    }

    /// Lets every statement wait until an instant and no longer, also those that wait already.
    func last(until instant: ContinuousClock.Instant) {
        end.withLock { $0 = instant }
    }

    /// Waits a moment for the lock. Blocks the thread.
    ///
    /// - Parameter tries: How often the statement has waited before.
    /// - Returns: Whether to try again.
    func wait(tries: Int) -> Bool {
        let isOver = end.withLock { end in end.map { ContinuousClock.now >= $0 } } ?? (Self.pause * tries >= timeout)
        guard !isOver else { return false }
        Thread.sleep(forTimeInterval: Self.pause / .seconds(1))
        return true
    }
}
