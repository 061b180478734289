package import ParallaxCore
import Synchronization

/// What keeps the evaluators of one file from working against each other.
extension FlagStore {
    /// What this instance knows of the claims next to the file.
    struct Fencing {
        /// The newest claim seen; `nil` if there was none.
        var newest: RollbackFence?
        /// When that was first seen, on this machine's steady clock: how long a lease has run is never told from
        /// another machine's clock.
        var seenAt: Duration = .zero
        /// What keeps instances from hearing of each other.
        var problems: [Deed: String] = [:]
    }

    /// What can fail in the folder next to the file.
    enum Deed {
        case reading
        case claiming
        case posting
    }

    /// The newest claim, as of the last reading; `nil` if there is none.
    package var fence: RollbackFence? { work.withLock { $0.fencing.newest } }

    /// The highest number known, as of the last reading: any change since has a higher one. 0 before the first.
    package var fenceNumber: Int64 { work.withLock { $0.fenceNumber } }

    /// The latch that all who share the file hold, as of the last reading; `nil` if there is none.
    package var sharedLatch: RollbackLatch? {
        work.withLock { $0.fencing.newest?.latch(written: $0.writtenNumber) }
    }

    /// Lets those who share the file know that a rollback was acknowledged, and ends the hold that it was about.
    ///
    /// - Parameter latch: This instance's, with the acknowledgement.
    package func publish(_ latch: RollbackLatch) async {
        await onQueue {
            self.endHold(acknowledgedBy: latch)
            self.advanceLatch { $0.acknowledged(alsoBy: latch) }
        }
    }
}

/// What runs on the store's queue.
extension FlagStore {
    private static let mostClaims = 20

    /// Looks for newer claims; keeps what is known if the folder cannot be read.
    ///
    /// - Parameter number: One that is known to be taken.
    func readFence(beyond number: Int64 = 0) {
        let last = fence
        do {
            let newest = try FlagFence(beside: file.resolved())
                .newest(beyond: max(number, last?.number ?? 0), last: last)
            note(.reading, nil)
            if let newest { heed(newest) }
        } catch {
            note(.reading, "the files of other instances next to the flag file cannot be read: \(error)")
        }
    }

    func note(_ deed: Deed, _ problem: String?) {
        work.withLock { $0.fencing.problems[deed] = problem }
    }

    private func heed(_ fence: RollbackFence) {
        let uptime = uptime()
        work.withLock { work in
            let known = work.fencing.newest?.number ?? 0
            guard fence.number >= known else { return }
            if fence.number > known { work.fencing.seenAt = uptime }
            work.fencing.newest = fence
        }
    }

    /// The number above all that are known, also if the folder with the claims was lost.
    func nextNumber() -> Int64 { fenceNumber + 1 }

    /// Claims a number, or goes on without if claims cannot be kept: what a person or an outage asks for must not
    /// wait for a folder.
    ///
    /// - Parameters:
    ///   - pending: The latch that the change brings about, if it is a rollback.
    ///   - latch: Changes the latch that all share.
    /// - Throws: ``FlagFileError`` with `changedMeanwhile` if someone else was first.
    func claim(
        _ number: Int64, by: String, pending: RollbackLatch? = nil, latch: (RollbackLatch) -> RollbackLatch = { $0 }
    ) throws(FlagFileError) {
        let shared = sharedLatch ?? RollbackLatch()
        let fence = RollbackFence(
            number: number, holder: by, process: process, time: now(), latch: latch(shared), pending: pending)
        let isClaimed: Bool
        do {
            isClaimed = try FlagFence(beside: file.resolved()).claim(fence)
        } catch {
            return note(.claiming, "the file that numbers changes cannot be written next to the flag file: \(error)")
        }
        note(.claiming, nil)
        guard isClaimed else {
            readFence(beyond: number)
            throw FlagFileError(.changedMeanwhile, "flag file \(file.path) is being changed by another; try again")
        }
        heed(fence)
    }

    /// Right before a file is renamed: whether no one has claimed a higher number since.
    func requireNewest(_ number: Int64?) throws(FlagFileError) {
        guard let number else { return }
        readFence()
        guard fenceNumber <= number else {
            throw FlagFileError(.changedMeanwhile, "flag file \(file.path) is being changed by another; try again")
        }
    }

    /// Whether an evaluator may carry out now what it decided.
    ///
    /// - Throws: ``FlagFileError`` with `superseded` if someone has changed the flags or acknowledged since, so that it
    ///   must decide again, and with `leased` if another evaluator is at it.
    func judge(_ claim: RollbackClaim) throws(FlagFileError) {
        readFence()
        let (fencing, written, number) = work.withLock { ($0.fencing, $0.writtenNumber, $0.fenceNumber) }
        if let fence = fencing.newest, fence.number == number, fence.isLease(written: written) {
            if fence.process == process || uptime() - fencing.seenAt >= lease { return }
            throw FlagFileError(
                .leased,
                "\(DisplayText.quoted(fence.holder)) is writing a rollback to flag file \(file.path); it has \(lease) for it"
            )
        }
        guard number > claim.number else { return }
        throw FlagFileError(
            .superseded, "flag file \(file.path) was changed, or a rollback acknowledged, since this was decided")
    }

    /// The number under which this instance is writing a rollback already.
    var ownLease: Int64? {
        work.withLock { work in
            guard let fence = work.fencing.newest, fence.process == process,
                fence.isLease(written: work.writtenNumber)
            else { return nil }
            return fence.number
        }
    }

    /// A rollback is in the file: the latch holds for all from now on.
    func completeRollback(_ claim: RollbackClaim) {
        advanceLatch { $0.merged(with: claim.latch) }
    }

    /// Claims numbers until the latch that all share is what it should be.
    private func advanceLatch(_ change: (RollbackLatch) -> RollbackLatch) {
        for _ in 0..<FlagStore.mostClaims {
            readFence()
            let (newest, written) = work.withLock { ($0.fencing.newest, $0.writtenNumber) }
            guard let newest else { return }
            let isSettled = newest.pending == nil
            let latch = newest.latch(written: written)
            if isSettled, change(latch) == latch { return }
            do {
                return try claim(nextNumber(), by: instance ?? FlagStore.ownName, latch: change)
            } catch {
                continue
            }
        }
    }
}

extension FlagStore.Work {
    /// The number that the file carries, as it was last read; `nil` if it carries none.
    var writtenNumber: Int64? { flags.lastGood?.definition.declaration?.number }

    var fenceNumber: Int64 { max(fencing.newest?.number ?? 0, writtenNumber ?? 0) }
}
