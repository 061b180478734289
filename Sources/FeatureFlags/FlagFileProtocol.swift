import ParallaxCore

/// The protocol by which a flag file is changed: one change, from its request to its end.
///
/// A value without input or output, clock, log or lock. ``FlagStore`` carries out each action and gives the result back as an
/// event, which returns the next action, until one ends the change:
///
///     start ─▶ read ─▶ claim ─▶ write ─▶ readClaims ─▶ claim ─▶ finish
///
/// Several instances, people and other programs change one file at a time. What holds whatever they do:
/// - Each change has a number above all that its writer knows, and no number is claimed twice.
/// - A rollback is not written over a change or an acknowledgement that is newer than its decision.
/// - A latch is lost neither to a claim that comes after it nor to a writer that dies.
///
/// The reasons are in `docs/decisions/fenced-rollbacks.md` and `docs/decisions/the-flag-file-protocol-is-a-value.md`.
struct FlagFileProtocol: Equatable, Sendable {
    /// Where a change is.
    enum State: Equatable, Sendable {
        /// The file and the claims are to be read; nothing is decided yet, and the change leaves no trace if it ends here.
        /// Can transition to: `claiming`, `writing` (a rollback goes on under the number that it claimed before),
        /// `claimingLatch` (only the latch changes), `waiting`, `ended`.
        case reading
        /// Another evaluator has begun a rollback, and has some time for it.
        /// Can transition to: `reading`.
        case waiting
        /// The number of the change is being claimed. For a rollback the claim is a lease: who dies from here on leaves it
        /// to others, once it has run out.
        /// Can transition to: `writing`, `reading` (another has the number), `ended`.
        case claiming(Edit)
        /// The file is being replaced; until the rename nothing shows.
        /// Can transition to: `settling` (a rollback is in the file), `reading` (another was in between), `ended`.
        case writing(Edit)
        /// The file says what it should. The latch that all share may not yet: until it does, it follows from the claim
        /// whose number the file carries.
        /// Can transition to: `claimingLatch`, `ended`.
        case settling
        /// A number is being claimed for the latch that all share.
        /// Can transition to: `ended`, `settling` (another has the number).
        case claimingLatch
        /// The change is over; no event may follow.
        case ended
    }

    /// What the driver has to do.
    enum Action: Equatable, Sendable {
        /// Take the lock that our writers share, if it is free in time, and read the file and then the claims. Next:
        /// ``didRead(_:_:)``, or ``didFail(_:_:)`` if the file cannot be found.
        case read
        /// Add this claim, and read the claims if its number is taken. Next: ``didClaim(_:_:)``.
        case claim(RollbackFence)
        /// Replace the file, if it is still as expected and ``mayRename(_:)`` right before the rename. Next:
        /// ``didWrite(_:)`` or ``didFail(_:_:)``.
        case write(Edit)
        /// Read the claims, under the same lock. Next: ``didReadClaims(_:)``.
        case readClaims
        /// Release the lock for this time. Next: ``didWait()``.
        case wait(Duration)
        /// End: the rollback is not in the file. Hold this instance at `legacy`.
        case hold(HeldRollback, because: FlagFileError)
        /// End: the flags were changed, or a rollback was acknowledged, since this was decided.
        case superseded(FlagFileError)
        /// End: the file says what was asked for, by this change; `nil` if it did before.
        case finish(FlagChange?)
        /// End: nothing was changed.
        case fail(FlagFileError)
    }

    /// The new file.
    struct Edit: Equatable, Sendable {
        let definition: FlagDefinitionFile
        /// What has to be on disk when it is written.
        let expectation: FlagFile.Expectation
        /// The number that the change is made under; `nil` for a file that is created.
        let number: Int64?
        /// The drill that the change ends; `nil` if it ends none.
        let endedDrill: EndedDrill?
    }

    /// What came of a claim.
    enum ClaimResult: Equatable, Sendable {
        case claimed
        /// Another has the number, or a higher one.
        case taken
        /// Claims cannot be kept. The change goes on without: what a person or an outage asks for does not wait for a folder.
        case unavailable
    }

    /// What a step is decided on: what this instance knows now.
    struct Knowledge: Equatable, Sendable {
        let flags: FlagState
        let claims: KnownClaims
        let now: Timestamp
        /// On the monotonic clock.
        let uptime: Duration

        /// The number above all that are known, also if the folder with the claims was lost.
        var nextNumber: Int64 { claims.number(written: flags.writtenNumber) + 1 }
    }

    static let maximumAttempts = 20
    /// A rollback is written in milliseconds: another evaluator's is waited for a moment before anything is held.
    static let maximumWaits = 25
    static let leaseWait: Duration = .milliseconds(20)

    let request: WriteRequest
    let writer: FlagFileWriter
    var state = State.reading
    var attempts = 1
    private var waits = 0
    /// What was written before the latch is settled.
    var change: FlagChange?

    init(_ request: WriteRequest, by writer: FlagFileWriter) {
        self.request = request
        self.writer = writer
    }
}

// MARK: - Events

extension FlagFileProtocol {
    mutating func start() -> Action {
        guard case .update = request.kind else { return .read }
        let declaration = FlagDeclaration(by: request.by, reason: request.reason, changedAt: "")
        guard !declaration.by.isEmpty, !declaration.reason.isEmpty else {
            return end(.fail(FlagFileError(.badRequest, "a change of the flags needs a name and a reason: give both")))
        }
        return .read
    }

    /// The file and the claims were read, in this order: the number in the file says whether a claim was carried out.
    mutating func didRead(_ content: Result<FlagDefinitionFile, FlagFileError>, _ known: Knowledge) -> Action {
        precondition(state == .reading, "a file was read in state \(state)")
        do throws(FlagFileError) {
            switch request.kind {
            case .update(let update, let hash): return try edit(update, over: hash, content, known)
            case .rollback(let claim): return try rollBack(claim, content, known)
            case .restore(let note): return try restore(note, content, known)
            case .create: return try create(content, known)
            case .latch: return settle(known)
            }
        } catch {
            return didFail(error, known)
        }
    }

    mutating func didClaim(_ result: ClaimResult, _ known: Knowledge) -> Action {
        switch (state, result) {
        case (.claiming, .taken):
            return didFail(changedMeanwhile, known)
        case (.claiming(let edit), .claimed), (.claiming(let edit), .unavailable):
            state = .writing(edit)
            return .write(edit)
        case (.claimingLatch, .taken):
            attempts += 1
            return settle(known)
        case (.claimingLatch, .claimed), (.claimingLatch, .unavailable):
            return end(.finish(change))
        default:
            preconditionFailure("a number was claimed in state \(state)")
        }
    }

    /// Whether the new file may take its place: whether no higher number was claimed since.
    func mayRename(_ known: Knowledge) -> Bool {
        guard case .writing(let edit) = state else { preconditionFailure("a file was renamed in state \(state)") }
        return edit.number.map { known.claims.number(written: known.flags.writtenNumber) <= $0 } ?? true
    }

    /// The file was replaced.
    ///
    /// - Parameter change: What that changed; `nil` if the content is the one that was there.
    mutating func didWrite(_ change: FlagChange?) -> Action {
        guard case .writing = state else { preconditionFailure("a file was written in state \(state)") }
        guard change != nil, case .rollback(.some) = request.kind else { return end(.finish(change)) }
        self.change = change
        attempts = 1
        state = .settling
        return .readClaims
    }

    mutating func didReadClaims(_ known: Knowledge) -> Action {
        precondition(state == .settling, "claims were read in state \(state)")
        return settle(known)
    }

    mutating func didWait() -> Action {
        precondition(state == .waiting, "a wait ended in state \(state)")
        state = .reading
        return .read
    }

    /// A step did not work, and nothing of it shows.
    mutating func didFail(_ error: FlagFileError, _ known: Knowledge) -> Action {
        if error.code == .changedMeanwhile, attempts < FlagFileProtocol.maximumAttempts {
            attempts += 1
            state = .reading
            return .read
        }
        switch (request.kind, error.code) {
        case (.rollback(let claim), _):
            return didFailToRollBack(claim, error, known)
        case (.update, .superseded), (.restore, .superseded), (.restore, .changedMeanwhile), (.restore, .missing),
            (.restore, .invalid):
            return end(.superseded(error))
        case (.update, _), (.restore, _), (.create, _), (.latch, _):
            return end(.fail(error))
        }
    }

    private mutating func didFailToRollBack(
        _ claim: RollbackClaim?, _ error: FlagFileError, _ known: Knowledge
    ) -> Action {
        let isHeld = known.flags.heldRollback != nil
        if error.code == .leased, !isHeld, waits < FlagFileProtocol.maximumWaits {
            waits += 1
            attempts = 1
            state = .waiting
            return .wait(FlagFileProtocol.leaseWait)
        }
        if error.code == .superseded, !isHeld { return end(.superseded(error)) }
        return end(
            .hold(
                HeldRollback(by: request.by, reason: request.reason, claim: claim, after: error, at: known.now),
                because: error))
    }

    mutating func end(_ action: Action) -> Action {
        state = .ended
        return action
    }

    private var changedMeanwhile: FlagFileError {
        FlagFileError(.changedMeanwhile, "flag file \(writer.path) is being changed by another; try again")
    }
}
