package import ParallaxCore
import Synchronization

/// What comes of a rollback.
package enum FlagRollback: Equatable, Sendable {
    /// The file says `legacy` now.
    case flipped(FlagChange)
    /// The file said so before.
    case alreadyLegacy
    /// The file could not be written. This instance is held at `legacy` and keeps trying; others are not.
    case held(FlagFileError)
}

extension FlagStore {
    private static let rollbackPauseMilliseconds: Int64 = 5000

    /// Flips the file to `legacy`, whatever is wrong with it.
    ///
    /// A file that is invalid is replaced by the last good one, and kept beside it. Where nothing can be written, this
    /// instance is held at `legacy` until it can, or until somebody else writes the file.
    package func rollBackToLegacy(by: String, reason: String) async -> FlagRollback {
        await onQueue { self.rollBackOnQueue(by: by, reason: reason) }
    }

    /// Tries again what could not be written, once in a while. Runs on the store's queue.
    func retryRollback() {
        let time = now()
        guard let held = work.withLock({ $0.heldRollback }), held.nextAttempt <= time else { return }
        _ = rollBackOnQueue(by: held.by, reason: held.reason)
    }

    private func rollBackOnQueue(by: String, reason: String) -> FlagRollback {
        switch writeOnQueue(.rollback, by: by, reason: reason, isRollback: true) {
        case .success(let change?):
            return .flipped(change)
        case .success(nil):
            work.withLock { work in
                work.flags.releaseHold()
                work.heldRollback = nil
            }
            return .alreadyLegacy
        case .failure(let error):
            hold(by: by, reason: reason, because: error)
            return .held(error)
        }
    }

    private func hold(by: String, reason: String, because error: FlagFileError) {
        let next = now() + FlagStore.rollbackPauseMilliseconds
        let isNews = work.withLock { work in
            defer { work.heldRollback = HeldRollback(by: by, reason: reason, nextAttempt: next) }
            work.flags.holdAtLegacy()
            return work.heldRollback == nil
        }
        if isNews { observers.tell(.heldAtLegacy(error)) }
    }
}
