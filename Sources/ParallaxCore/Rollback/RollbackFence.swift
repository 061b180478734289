/// What the evaluators that share a flag file agree on, as the newest claim next to the file says it.
///
/// Every claim has a number above all before it, and no number is claimed twice: an evaluator that decides by what it
/// knew at one number and finds another when it acts has decided on what is past. A value; who keeps the claims is
/// another's matter.
package struct RollbackFence: Codable, Equatable, Sendable {
    package let number: Int64
    /// Who made the claim, for people.
    package let holder: String
    /// Tells the processes apart that call themselves the same.
    package let process: String
    /// When it was made, by the holder's clock: nothing is decided by it.
    package let time: Timestamp
    /// The latest rollback for all who share the file, and whether it was acknowledged.
    package let latch: RollbackLatch
    /// What the latch is once the rollback that this claim is for has been written; `nil` if it is for none. While it
    /// is there, the claim is a lease: others leave the rollback to its holder, for a while.
    package let pending: RollbackLatch?

    package init(
        number: Int64, holder: String, process: String, time: Timestamp, latch: RollbackLatch,
        pending: RollbackLatch? = nil
    ) {
        self.number = number
        self.holder = holder
        self.process = process
        self.time = time
        self.latch = latch
        self.pending = pending
    }

    /// Whether the rollback that this claim is for stands in the flag file.
    ///
    /// - Parameter written: The number that the flag file carries; `nil` if it carries none.
    package func isCarriedOut(written: Int64?) -> Bool {
        pending != nil && written == number
    }

    /// Whether a rollback was begun by this claim and is not in the flag file yet.
    package func isLease(written: Int64?) -> Bool {
        pending != nil && !isCarriedOut(written: written)
    }

    /// The latch that holds for all, also if the holder died between writing the file and saying so.
    package func latch(written: Int64?) -> RollbackLatch {
        if let pending, isCarriedOut(written: written) { return pending }
        return latch
    }
}

/// What an evaluator decided on, so that a decision on what is past is not carried out.
package struct RollbackClaim: Equatable, Sendable {
    /// The fence's number when it decided; 0 if there was none.
    package let number: Int64
    /// The latch once the rollback has been written.
    package let latch: RollbackLatch

    package init(number: Int64, latch: RollbackLatch) {
        self.number = number
        self.latch = latch
    }
}
