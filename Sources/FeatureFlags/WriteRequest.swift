package import ParallaxCore

/// A change of the flag file that is asked for.
struct WriteRequest: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// A person's change. With a hash, it was decided on that content and is not written over another.
        case update(FlagUpdate, over: String?)
        /// The way to `legacy`, whatever is wrong with the file; with a claim if an evaluator decided it.
        case rollback(RollbackClaim?)
        /// The end of a drill.
        case restore(DrillNote)
        /// A file from the environment's flags if there is none.
        case create
        /// Only the latch that all share, by the acknowledgement of this one.
        case latch(RollbackLatch)
    }

    let kind: Kind
    let by: String
    let reason: String
}

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

/// How a change of the flag file ended.
enum WriteOutcome: Equatable, Sendable {
    case changed(FlagChange)
    case unchanged
    case held(FlagFileError)
    case superseded(FlagFileError)
    case failed(FlagFileError)
}

/// Who changes a flag file.
struct FlagFileWriter: Equatable, Sendable {
    /// The file, for messages.
    let path: String
    /// The name of the instance; `nil` for a command.
    let instance: String?
    /// Distinguishes processes of one name.
    let process: String
    /// How long another instance has for the rollback that it began, before this one does it instead.
    let lease: Duration
}

/// A rollback that could not be written, and when to try next.
struct HeldRollback: Equatable, Sendable {
    private static let pauseMilliseconds: Int64 = 5000
    private static let leasePauseMilliseconds: Int64 = 1000

    let by: String
    let reason: String
    let claim: RollbackClaim?
    let nextAttempt: Timestamp

    init(by: String, reason: String, claim: RollbackClaim?, nextAttempt: Timestamp) {
        self.by = by
        self.reason = reason
        self.claim = claim
        self.nextAttempt = nextAttempt
    }

    /// What is held after an attempt that failed.
    init(by: String, reason: String, claim: RollbackClaim?, after error: FlagFileError, at now: Timestamp) {
        // From here on the hold says what ends it, and no longer the number: a change of the file that leaves the hold
        // leaves the rollback due. Behind another's lease the number still counts, since its holder may succeed.
        let isLeased = error.code == .leased
        self.init(
            by: by, reason: reason,
            claim: isLeased ? claim : claim.map { RollbackClaim(number: .max, latch: $0.latch) },
            nextAttempt: now + (isLeased ? HeldRollback.leasePauseMilliseconds : HeldRollback.pauseMilliseconds))
    }

    /// Whether an acknowledgement ends it.
    func isAcknowledged(by latch: RollbackLatch) -> Bool {
        claim.map { !$0.latch.acknowledged(alsoBy: latch).isLatched } ?? false
    }
}
