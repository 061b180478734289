import ParallaxCore
import Synchronization

extension RollbackService {
    /// Overtaken more often than this, a decision is carried out all the same: each time it was made again, seconds before,
    /// and a script that changes the flags every second must not keep a rollback off.
    private static let mostOvertaken = 3

    /// The number to decide with: any change since makes the decision stale.
    func number() -> Int64 {
        state.withLock { $0.overtaken } > RollbackService.mostOvertaken ? .max : sharing.number()
    }

    /// Takes over the latch that all who share the flag file hold, before anything is decided.
    func adoptSharedLatch() {
        guard let shared = sharing.latch() else { return }
        let change = state.withLock { state -> (before: RollbackLatch, after: RollbackLatch)? in
            let before = state.evaluator.latch
            let merged = before.merged(with: shared)
            guard merged != before else { return nil }
            state.evaluator.adopt(merged)
            state.latchChanges += 1
            journal.append(.adopted(merged))
            return (before, merged)
        }
        guard let change else { return }
        if change.after.isLatched, let firing = change.after.firing, change.before.firing != firing {
            logAdopted(firing)
        } else if let acknowledgement = change.after.acknowledgement {
            logAcknowledged(acknowledgement)
        }
    }

    /// Tells those who share the flag file of an acknowledgement that they do not know of, and ends this instance's hold.
    package func shareAcknowledgement() async {
        let latch = state.withLock { $0.evaluator.latch }
        guard latch.acknowledgement != nil else { return }
        let isNews = sharing.latch().map { $0.acknowledged(alsoBy: latch) != $0 } ?? false
        if isNews || sharing.isHeld() { await sharing.publish(latch) }
    }

    // MARK: The hold of this instance

    /// Holds this instance at `legacy` if the latch says that an earlier process, or another one on this record, did.
    func resumeHold() async {
        let latch = state.withLock { state -> RollbackLatch? in
            let latch = state.evaluator.latch
            guard latch.hold != nil, state.hold == .none else { return nil }
            state.hold = .resuming
            return latch
        }
        guard let latch else { return }
        await sharing.resumeHold(latch)
        // Only now does a store that holds nothing mean that the file has taken the hold's place.
        state.withLock { if $0.hold == .resuming { $0.hold = .holding } }
    }

    /// Notes with the latch that the hold is over, since the flag file has taken its place.
    func noteEndOfHold() {
        let isHeld = sharing.isHeld()
        state.withLock { state in
            guard state.hold == .holding, !isHeld else { return }
            state.hold = .none
            guard state.evaluator.latch.hold != nil else { return }
            state.evaluator.releaseHold()
            state.latchChanges += 1
            journal.append(.released)
        }
    }

    /// Takes over the baselines of others who share the flag file, and shares what this instance has frozen.
    func shareBaseline() async {
        let shared = sharing.baseline()
        let (own, isChanged, isRestored) = state.withLock { state in
            let isChanged = shared.map { state.evaluator.adopt($0) } ?? false
            return (state.evaluator.baseline, isChanged, state.isRestored)
        }
        // Until the stored one has been read, the shared one must not take its place in the record.
        if isChanged && isRestored { journal.append(.baseline(own)) }
        if isChanged { logSharedBaseline(shared?.forgotten) }
        var merged = shared ?? SharedBaseline()
        merged.merge(own)
        guard merged != shared ?? SharedBaseline() else { return }
        do {
            try await sharing.share(own)
            logSharing(nil)
        } catch {
            logSharing(error)
        }
    }
}
