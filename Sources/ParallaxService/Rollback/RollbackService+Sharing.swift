import ParallaxCore
import Synchronization

extension RollbackService {
    /// Overtaken more often than this, a decision is carried out all the same: each time it was made anew, seconds before, and
    /// whoever changes the flags every second must not keep a rollback off.
    private static let mostOvertaken = 3

    /// The number to decide with: any change since makes the decision void.
    func number() -> Int64 {
        state.withLock { $0.overtaken } > RollbackService.mostOvertaken ? .max : sharing.number()
    }

    /// Takes over the latch that all who share the flag file hold, before anything is decided.
    func heedSharedLatch() {
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

    /// Tells those who share the flag file of an acknowledgement that they do not know of.
    func shareAcknowledgement() async {
        guard let shared = sharing.latch() else { return }
        let latch = state.withLock { $0.evaluator.latch }
        if shared.acknowledged(alsoBy: latch) != shared { await sharing.publish(latch) }
    }
}
