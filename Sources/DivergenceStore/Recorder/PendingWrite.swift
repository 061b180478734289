import Dispatch
import Synchronization

/// A write under way, for a thread that may block to wait for.
final class PendingWrite: Sendable {
    private let hasEnded = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<Void, DivergenceStoreError>>(.success(()))

    func end(_ result: Result<Void, DivergenceStoreError>) {
        self.result.withLock { $0 = result }
        hasEnded.signal()
    }

    /// Blocks until the write has ended. To be called once.
    func wait() throws(DivergenceStoreError) {
        hasEnded.wait()
        try result.withLock { $0 }.get()
    }
}
