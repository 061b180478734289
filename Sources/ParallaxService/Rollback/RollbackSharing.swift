package import FeatureFlags
package import ParallaxCore
import Synchronization

/// What an evaluator knows of the flag file and of others that share it, and how it tells them.
///
/// What it asks on its way does not wait for a disk.
package struct RollbackSharing: Sendable {
    /// The highest number that any change of the flags had, as of the last reading of the file.
    package let number: @Sendable () -> Int64
    /// The latch that all share; `nil` if there is none.
    package let latch: @Sendable () -> RollbackLatch?
    /// Whether a rollback that is not in the file holds this instance at `legacy`.
    package let isHeld: @Sendable () -> Bool
    /// Tells the others of an acknowledgement, and ends the hold that it is for.
    package let publish: @Sendable (RollbackLatch) async -> Void
    /// Keeps a rollback of this instance for all who share the file.
    package let keep: @Sendable (Rollback, _ isHeld: Bool) async -> Void
    /// Holds this instance at `legacy` as the latch says that an earlier process did.
    package let resumeHold: @Sendable (RollbackLatch) async -> Void
    /// The baselines that all share, as of the last reading of the file; `nil` if there are none.
    package let baseline: @Sendable () -> SharedBaseline?
    /// Shares what is frozen here.
    package let share: @Sendable (Baseline) async throws -> Void
    /// Tells which triggers are not armed, and what each lacks.
    package let tellUnarmed: @Sendable ([String: String]) -> Void

    package init(
        number: @escaping @Sendable () -> Int64, latch: @escaping @Sendable () -> RollbackLatch?,
        isHeld: @escaping @Sendable () -> Bool, publish: @escaping @Sendable (RollbackLatch) async -> Void,
        keep: @escaping @Sendable (Rollback, _ isHeld: Bool) async -> Void,
        resumeHold: @escaping @Sendable (RollbackLatch) async -> Void,
        baseline: @escaping @Sendable () -> SharedBaseline? = { nil },
        share: @escaping @Sendable (Baseline) async throws -> Void = { _ in },
        tellUnarmed: @escaping @Sendable ([String: String]) -> Void = { _ in }
    ) {
        self.number = number
        self.latch = latch
        self.isHeld = isHeld
        self.publish = publish
        self.keep = keep
        self.resumeHold = resumeHold
        self.baseline = baseline
        self.share = share
        self.tellUnarmed = tellUnarmed
    }

    /// For an evaluator without a flag file.
    package static let none = RollbackSharing(
        number: { 0 }, latch: { nil }, isHeld: { false }, publish: { _ in }, keep: { _, _ in },
        resumeHold: { _ in })
}

extension RollbackSharing {
    /// Shares through the folder next to the flag file.
    package init(_ flags: FlagStore) {
        self.init(
            number: { flags.fenceNumber }, latch: { flags.sharedLatch }, isHeld: { flags.hold != nil },
            publish: { await flags.publish($0) }, keep: { await flags.keep($0, isHeld: $1) },
            resumeHold: { await flags.resumeHold($0) },
            baseline: { flags.sharedBaseline }, share: { try await flags.share($0) },
            tellUnarmed: { flags.tell(unarmed: $0) })
    }
}

/// What came of a flip to `legacy`.
package struct LegacyFlip: Equatable, Sendable {
    package let before: FlagValues
    package let after: FlagValues
    /// The hold of this instance if the file could not be written; `nil` if the file says `legacy`.
    package let hold: FlagHold?

    package init(before: FlagValues, after: FlagValues, hold: FlagHold? = nil) {
        self.before = before
        self.after = after
        self.hold = hold
    }
}

/// The rollback decision is stale: the flags were changed, or a rollback was acknowledged, since.
package struct RollbackSuperseded: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension FlagStore {
    /// Flips to `legacy` for the evaluator.
    ///
    /// A file that cannot be written holds this instance at `legacy` all the same: that is a flip too, of this instance.
    ///
    /// - Throws: ``RollbackSuperseded``.
    func flipToLegacy(
        by: String, reason: String, claim: RollbackClaim
    ) async throws -> LegacyFlip {
        let before = current
        switch await rollBackToLegacy(by: by, reason: reason, claim: claim) {
        case .flipped(let change): return LegacyFlip(before: change.from ?? before, after: change.to)
        case .alreadyLegacy: return LegacyFlip(before: before, after: current)
        case .held: return LegacyFlip(before: before, after: current, hold: hold)
        case .superseded(let error): throw RollbackSuperseded(error.message)
        }
    }
}

extension RollbackService {
    /// Overtaken more often than this, a decision is carried out all the same: each time it was made again, seconds before,
    /// and a script that changes the flags every second must not keep a rollback off.
    private static let maximumOvertaken = 3

    /// The number to decide with: any change since makes the decision stale.
    func number() -> Int64 {
        state.withLock { $0.overtaken } > RollbackService.maximumOvertaken ? .max : sharing.number()
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
            writeQueue.append(.adopted(merged))
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
        let isNew = sharing.latch().map { $0.acknowledged(alsoBy: latch) != $0 } ?? false
        if isNew || sharing.isHeld() { await sharing.publish(latch) }
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
            writeQueue.append(.released)
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
        if isChanged && isRestored { writeQueue.append(.baseline(own)) }
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
