package import ParallaxCore
import Synchronization

extension RollbackService {
    /// Writes what is to be written, and reads the latch back, which another process may have cleared.
    func synchronize() async {
        let restoreError = await restore()
        let writeError = await writeQueue.write()
        let readError = await readLatch()
        adoptSharedLatch()
        await shareAcknowledgement()
        await shareBaseline()
        logRecord(restoreError ?? writeError ?? readError)
    }

    /// Reads what an earlier process left, until it has succeeded once.
    func restore() async -> (any Error)? {
        guard state.withLock({ !$0.isRestored }) else { return nil }
        do {
            finishRestoring(with: try await record.loadBaseline())
        } catch let error as DecodingError {
            // It will never be readable: a new one is learned, and takes its place.
            logUnreadableBaseline(error)
            finishRestoring(with: nil)
        } catch {
            return error
        }
        return nil
    }

    private func finishRestoring(with baseline: Baseline?) {
        state.withLock { state in
            if let baseline { state.evaluator.adopt(baseline) }
            state.isRestored = true
        }
    }

    func readLatch() async -> (any Error)? {
        let changes = state.withLock { $0.latchChanges }
        do {
            adopt(try await record.loadLatch(), unlessChangedSince: changes)
            await resumeHold()
            return nil
        } catch {
            return error
        }
    }

    /// Puts what must outlive a restart into the writeQueue again, for a record that has lost it.
    func rewriteRecord() {
        let now = now().wall
        state.withLock { state in
            let evaluator = state.evaluator
            if evaluator.latch.firing != nil { writeQueue.append(.adopted(evaluator.latch)) }
            let hasBaseline = evaluator.baselineStates(at: now).values.contains { $0.stage != .learning }
            if hasBaseline { writeQueue.append(.baseline(evaluator.baseline)) }
        }
    }

    /// Takes over the stored latch if nothing was changed here that the record does not hold yet.
    private func adopt(_ latch: RollbackLatch, unlessChangedSince changes: Int) {
        let isClearedElsewhere = state.withLock { state in
            guard state.latchChanges == changes, !writeQueue.holdsLatchChange else { return false }
            // A record that knows of no rollback is a new one: a latch is cleared by a person, and by no loss of a
            // file.
            guard latch.firing != nil || state.evaluator.latch.firing == nil else {
                writeQueue.append(.adopted(state.evaluator.latch))
                return false
            }
            // Settles rollbacks that were left open next to an acknowledged latch.
            if !state.hasReadLatch, latch.acknowledgement != nil { writeQueue.append(.adopted(latch)) }
            state.hasReadLatch = true
            let wasLatched = state.evaluator.latch.isLatched
            state.evaluator.adopt(latch)
            return wasLatched && !latch.isLatched
        }
        if isClearedElsewhere, let acknowledgement = latch.acknowledgement { logAcknowledged(acknowledgement) }
    }

    /// Clears the latch of the last rollback.
    ///
    /// - Parameters:
    ///   - by: The person who saw the rollback.
    ///   - reason: Why it may be cleared, in one line.
    /// - Throws: ``RollbackLatchError`` if nothing is latched, or if the name or reason is not one line of text.
    package func acknowledge(by: String, reason: String) throws(RollbackLatchError) {
        let acknowledgement = try Acknowledgement(validating: by, reason: reason, time: now().wall)
        try state.withLock { state throws(RollbackLatchError) in
            try state.evaluator.acknowledge(acknowledgement)
            state.latchChanges += 1
            writeQueue.append(.acknowledged(acknowledgement))
        }
        logAcknowledged(acknowledgement)
    }

    /// What the triggers, the latch and the baseline are up to.
    package var health: RollbackHealth {
        let moment = now()
        let now = moment.wall
        let backlog = writeQueue.backlog
        return state.withLock { state in
            let evaluator = state.evaluator
            return RollbackHealth(
                evaluations: evaluator.evaluations, latch: evaluator.latch.state(at: now, settings: evaluator.settings),
                outage: evaluator.outage(at: moment),
                lastRollback: evaluator.latch.firing, acknowledgement: evaluator.latch.acknowledgement,
                baselines: evaluator.baselineStates(at: now),
                unrecorded: backlog.pending,
                droppedEvaluations: backlog.droppedEvaluations, isRestored: state.isRestored)
        }
    }
}

/// What the automatic rollback is up to, for health and for people.
package struct RollbackHealth: Equatable, Sendable {
    /// The latest evaluation of each trigger, in their order; empty before the first.
    package let evaluations: [Evaluation]
    /// Whether a rollback may take place, and if not, why.
    package let latch: RollbackLatch.State
    /// What is said of Redis while its probes fail; `nil` if it is up, or not known yet.
    package let outage: String?
    /// The latest rollback; `nil` if there never was one.
    package let lastRollback: RollbackLatch.Firing?
    /// Who cleared it; `nil` while it is latched.
    package let acknowledgement: Acknowledgement?
    /// What the baseline of every source is good for.
    package let baselines: [ResponseTimeSource: Baseline.State]
    /// Entries that could not be written to the record yet.
    package let unrecorded: Int
    /// Evaluations that never will be.
    package let droppedEvaluations: Int
    /// Whether the latch and the baseline of earlier processes have been read.
    package let isRestored: Bool
}
