import Glibc
package import ParallaxCore
import Synchronization

/// What comes of a rollback.
package enum FlagRollback: Equatable, Sendable {
    /// The file says `legacy` now.
    case flipped(FlagChange)
    /// The file said so before.
    case alreadyLegacy
    /// The file could not be written, or another evaluator is at it. This instance is held at `legacy` and keeps trying;
    /// others are not.
    case held(FlagFileError)
    /// Somebody changed the flags, or acknowledged, since this was decided: it must be decided anew.
    case superseded(FlagFileError)
}

extension FlagStore {
    private static let rollbackPauseMilliseconds: Int64 = 5000
    private static let leasePauseMilliseconds: Int64 = 1000
    /// A file system that takes longer may hang: what it is asked to store holds here meanwhile.
    private static let writingPatience: Duration = .seconds(3)
    /// A rollback is written in milliseconds: another evaluator's is waited for a moment before anything is held.
    private static let leaseWaits = 25
    private static let leaseWaitMicroseconds: UInt32 = 20_000

    /// Flips the file to `legacy`, whatever is wrong with it.
    ///
    /// A file that is invalid is replaced by the last good one, and kept beside it. Where nothing can be written, this
    /// instance is held at `legacy` until it can, or until somebody else writes the file.
    ///
    /// - Parameter claim: What an evaluator decided on; `nil` for a rollback that is asked for whatever was decided.
    package func rollBackToLegacy(by: String, reason: String, claim: RollbackClaim? = nil) async -> FlagRollback {
        work.withLock { $0.isRollingBack = true }
        let hold = Task {
            try await Task.sleep(for: FlagStore.writingPatience)
            self.work.withLock { if $0.isRollingBack { $0.flags.holdAtLegacy() } }
        }
        defer { hold.cancel() }
        return await onQueue { self.rollBackOnQueue(by: by, reason: reason, claim: claim) }
    }

    /// Tries again what could not be written, once in a while. Runs on the store's queue.
    func retryRollback() {
        let time = now()
        guard let held = work.withLock({ $0.heldRollback }), held.nextAttempt <= time else { return }
        _ = rollBackOnQueue(by: held.by, reason: held.reason, claim: held.claim)
    }

    private func rollBackOnQueue(by: String, reason: String, claim: RollbackClaim?) -> FlagRollback {
        var result = writeOnQueue(.rollback, by: by, reason: reason, isRollback: true, claim: claim)
        for _ in 0..<FlagStore.leaseWaits {
            guard case .failure(let error) = result, error.code == .leased, !isHeld else { break }
            usleep(FlagStore.leaseWaitMicroseconds)
            result = writeOnQueue(.rollback, by: by, reason: reason, isRollback: true, claim: claim)
        }
        let rollback = rollback(result, by: by, reason: reason, claim: claim)
        work.withLock { $0.isRollingBack = false }
        if case .held = rollback { return rollback }
        release()
        return rollback
    }

    private func rollback(
        _ result: Result<FlagChange?, FlagFileError>, by: String, reason: String, claim: RollbackClaim?
    ) -> FlagRollback {
        switch result {
        case .success(let change?):
            if let claim { completeRollback(claim) }
            return .flipped(change)
        case .success(nil):
            return .alreadyLegacy
        case .failure(let error) where error.code == .superseded:
            return .superseded(error)
        case .failure(let error):
            hold(by: by, reason: reason, claim: claim, because: error)
            return .held(error)
        }
    }

    private var isHeld: Bool { work.withLock { $0.heldRollback != nil } }

    private func release() {
        work.withLock { work in
            work.flags.releaseHold()
            work.heldRollback = nil
        }
    }

    private func hold(by: String, reason: String, claim: RollbackClaim?, because error: FlagFileError) {
        let pause = error.code == .leased ? FlagStore.leasePauseMilliseconds : FlagStore.rollbackPauseMilliseconds
        let next = now() + pause
        let isNews = work.withLock { work in
            defer { work.heldRollback = HeldRollback(by: by, reason: reason, claim: claim, nextAttempt: next) }
            work.flags.holdAtLegacy()
            return work.heldRollback == nil
        }
        if isNews { observers.tell(.heldAtLegacy(error)) }
    }
}
