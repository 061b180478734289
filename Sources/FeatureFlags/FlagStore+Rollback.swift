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
    /// The flags were changed, or a rollback was acknowledged, since this was decided: it must be decided again.
    case superseded(FlagFileError)
}

extension FlagStore {
    private static let rollbackPauseMilliseconds: Int64 = 5000
    private static let leasePauseMilliseconds: Int64 = 1000
    /// A file system that takes longer may hang: what it is asked to store holds here meanwhile.
    private static let writingTimeout: Duration = .seconds(3)
    /// A rollback is written in milliseconds: another evaluator's is waited for a moment before anything is held.
    private static let leaseWaits = 25
    private static let leaseWaitMicroseconds: UInt32 = 20_000

    /// The hold at `legacy` by a rollback that is not in the file; `nil` if there is none.
    package var hold: FlagHold? { work.withLock { $0.flags.hold } }

    /// Flips the file to `legacy`, whatever is wrong with it.
    ///
    /// A file that is invalid is replaced by the last good one, and kept next to it. If nothing can be written, this
    /// instance is held at `legacy`; ``FlagHold`` says until when.
    ///
    /// - Parameter claim: What an evaluator decided on; `nil` for a rollback that is asked for whatever was decided.
    package func rollBackToLegacy(by: String, reason: String, claim: RollbackClaim? = nil) async -> FlagRollback {
        work.withLock { $0.isRollingBack = true }
        let hold = Task {
            try await Task.sleep(for: FlagStore.writingTimeout)
            self.work.withLock { if $0.isRollingBack { $0.flags.holdAtLegacy() } }
        }
        defer { hold.cancel() }
        return await onQueue { self.rollBackOnQueue(by: by, reason: reason, claim: claim) }
    }

    /// Holds this instance at `legacy` as an earlier process did, and tries to write its rollback.
    ///
    /// Does nothing if the file has taken the hold's place meanwhile.
    ///
    /// - Parameter latch: The latch of the rollback that is not in the file.
    package func resumeHold(_ latch: RollbackLatch) async {
        await onQueue {
            guard let hold = latch.hold, let firing = latch.firing, latch.isLatched else { return }
            let time = self.now()
            let isHeld = self.work.withLock { work in
                work.flags.resume(hold)
                guard work.flags.isHeldAtLegacy else { return false }
                work.heldRollback = HeldRollback(
                    by: RollbackEvaluator.author, reason: firing.sentence,
                    claim: RollbackClaim(number: .max, latch: latch.withoutHold), nextAttempt: time)
                return true
            }
            if isHeld { self.observers.tell(.holdResumed(sentence: firing.sentence)) }
        }
    }

    // MARK: On the store's queue

    /// Tries again what could not be written, once in a while.
    func retryRollback() {
        let time = now()
        if let shared = sharedLatch { endHold(acknowledgedBy: shared) }
        guard let held = work.withLock({ $0.heldRollback }), held.nextAttempt <= time else { return }
        _ = rollBackOnQueue(by: held.by, reason: held.reason, claim: held.claim)
    }

    /// Ends the hold if its rollback was acknowledged.
    func endHold(acknowledgedBy latch: RollbackLatch) {
        guard let held = work.withLock({ $0.heldRollback })?.claim?.latch,
            !held.acknowledged(alsoBy: latch).isLatched
        else { return }
        release()
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
        case .failure(let error) where error.code == .superseded && !isHeld:
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
        // From here on the hold says what ends it, and no longer the number: a change of the file that leaves the hold
        // leaves the rollback due. Behind another's lease the number still counts, since its holder may succeed.
        let claim = error.code == .leased ? claim : claim.map { RollbackClaim(number: .max, latch: $0.latch) }
        let isNews = work.withLock { work in
            defer { work.heldRollback = HeldRollback(by: by, reason: reason, claim: claim, nextAttempt: next) }
            work.flags.holdAtLegacy()
            return work.heldRollback == nil
        }
        if isNews { observers.tell(.heldAtLegacy(error)) }
    }
}
