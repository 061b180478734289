package import ParallaxCore

/// What an instance knows of its flag file, and the flags that hold in consequence.
///
/// A value: readings go in, what there is to tell comes out. A reading that is invalid never changes the flags.
package struct FlagState: Equatable, Sendable {
    package let environment: EnvironmentFlags
    package let isProduction: Bool
    /// The last good reading; `nil` before the first.
    package private(set) var lastGood: FlagReading?
    /// What is wrong with the file now; `nil` if the last reading was good.
    package private(set) var problem: FlagProblem?
    /// How many readings since the start were invalid, each one counted.
    package private(set) var invalidReads = 0
    /// The rollback that could not be written and holds this instance, and no other, at `legacy`; `nil` if none does.
    package private(set) var hold: FlagHold?
    /// The rollback that is to be written once that works; there is none without a hold.
    private(set) var heldRollback: HeldRollback?
    /// The flags that hold.
    package private(set) var effective: FlagValues

    package init(environment: EnvironmentFlags, isProduction: Bool) {
        self.environment = environment
        self.isProduction = isProduction
        effective = environment.effective(file: nil, isProduction: isProduction)
    }

    /// What the file says, or what holds if none has been read.
    package var fileValues: FlagValues { lastGood?.definition.values ?? environment.values }

    package var isHeldAtLegacy: Bool { hold != nil }

    /// The number that the file carries; `nil` if it carries none.
    var writtenNumber: Int64? { lastGood?.definition.declaration?.number }

    package var notes: [FlagNote] {
        guard let definition = lastGood?.definition else { return [] }
        return definition.notes + environment.notes(file: definition.values, isProduction: isProduction)
    }

    /// A good reading.
    ///
    /// - Parameter newest: The newest change in the history, for the first reading since the start.
    /// - Returns: The change to be kept; `nil` if the content is the known one.
    package mutating func accept(_ reading: FlagReading, newest: FlagChange? = nil) -> FlagChange? {
        let known = lastGood?.contentHash ?? newest?.contentHash
        let change = reading.contentHash == known ? nil : change(to: reading, newest: newest)
        if hold?.ends(with: reading) == true { endHold() }
        problem = nil
        lastGood = reading
        settle()
        return change
    }

    /// The file was read again and is the last good one still.
    package mutating func confirm(at time: Timestamp) {
        problem = nil
        lastGood?.time = time
    }

    /// A reading that was invalid: counted, and the flags stay.
    ///
    /// - Returns: Whether it is news, rather than what the reading before found too.
    package mutating func reject(_ problem: FlagProblem) -> Bool {
        invalidReads += 1
        defer { self.problem = problem }
        return self.problem != problem
    }

    /// Holds this instance at `legacy` over the file as it is; see ``FlagHold`` for what ends it.
    ///
    /// - Parameter rollback: What is to be written once that works; `nil` leaves it as it is.
    mutating func holdAtLegacy(_ rollback: HeldRollback? = nil) {
        resume(hold ?? FlagHold(values: fileValues, declaredAt: lastGood?.declaredAt), writing: rollback)
    }

    /// Holds this instance at `legacy` as an earlier process did, unless the file has taken the hold's place since.
    mutating func resume(_ hold: FlagHold, writing rollback: HeldRollback? = nil) {
        self.hold = hold
        if let rollback { heldRollback = rollback }
        if lastGood.map(hold.ends) == true { endHold() }
        settle()
    }

    /// Ends the hold: the rollback is in the file, or was acknowledged.
    package mutating func releaseHold() {
        endHold()
        settle()
    }

    private mutating func endHold() {
        hold = nil
        heldRollback = nil
    }

    private mutating func settle() {
        effective = environment.effective(file: lastGood?.definition.values, isProduction: isProduction)
        if isHeldAtLegacy { effective.distributedEnabled = false }
    }
}

// MARK: - Who it was

extension FlagState {
    /// Why a file that was there before the history began is in it.
    private static let foundReason = "was there before the history began"

    /// A change is its declaration's only if that is newer than the one before: other programs leave it standing,
    /// and a file put back to an older state brings its old one along.
    private func change(to reading: FlagReading, newest: FlagChange?) -> FlagChange {
        let declaration = freshDeclaration(of: reading, newest: newest)
        let isFirst = lastGood == nil && newest == nil
        return FlagChange(
            time: declaration == nil ? reading.time : reading.declaredAt ?? reading.time,
            by: declaration?.by ?? FlagChange.unknownWriter,
            reason: declaration?.reason ?? (isFirst ? FlagState.foundReason : "changed by another program"),
            from: lastGood?.definition.values ?? newest?.to,
            to: reading.definition.values,
            contentHash: reading.contentHash)
    }

    private func freshDeclaration(of reading: FlagReading, newest: FlagChange?) -> FlagDeclaration? {
        guard let declaration = reading.definition.declaration, let time = reading.declaredAt else { return nil }
        let known = lastGood == nil ? newest?.time : lastGood?.declaredAt
        if let known, time <= known { return nil }
        return declaration
    }
}

/// A good reading of the flag file.
package struct FlagReading: Equatable, Sendable {
    package let definition: FlagDefinitionFile
    /// The SHA-256 of the content in lower-case hexadecimal.
    package let contentHash: String
    /// When it was last read with this content.
    package internal(set) var time: Timestamp
    /// When the file's declaration says it was changed; `nil` without one that can be read.
    package let declaredAt: Timestamp?

    package init(definition: FlagDefinitionFile, contentHash: String, time: Timestamp, declaredAt: Timestamp?) {
        self.definition = definition
        self.contentHash = contentHash
        self.time = time
        self.declaredAt = declaredAt
    }

    init(of definition: FlagDefinitionFile, at time: Timestamp) {
        self.init(
            definition: definition, contentHash: FlagFile.hash(definition.bytes), time: time,
            declaredAt: definition.declaration?.time)
    }
}

extension FlagHold {
    /// Whether a file ends the hold.
    ///
    /// An edit by another program does not, whatever it changes: it may know nothing of the rollback.
    func ends(with reading: FlagReading) -> Bool {
        let values = reading.definition.values
        if values.strategy == .legacy { return true }
        guard let declaration = reading.definition.declaration, declaration.isByPerson,
            let time = reading.declaredAt, declaredAt.map({ time > $0 }) ?? true
        else { return false }
        return values.strategy != strategy || values.enforcementPercent != enforcementPercent
    }
}

/// The state of the flags, for health and for `flags show`.
package struct FlagHealth: Equatable, Sendable {
    /// The raw values are shown: they never change.
    package enum State: String, Sendable {
        case ok
        /// Vanished, or not there yet; the last good flags hold.
        case missing
        case unreadable
        case invalid
    }

    package let state: State
    package let path: String
    /// The flags that hold.
    package let effective: FlagValues
    /// The flags that the file says, or the environment if no file has been read.
    package let file: FlagValues
    /// The SHA-256 of the last good content; `nil` if none has been read.
    package let contentHash: String?
    /// When the file says it was modified last; `nil` if none has been read.
    package let changedAt: Timestamp?
    /// When the file was last read and good.
    package let lastGoodTime: Timestamp?
    /// Readings that were invalid since the start.
    package let invalidReads: Int
    /// What is wrong now and what to do; `nil` if nothing is.
    package let problem: String?
    /// Why the file cannot be written, so that a rollback would hold this instance only; `nil` if it can, as of the
    /// last try.
    package let writeProblem: String?
    /// What is not an error but should be known.
    package let notes: [String]
    /// Whether a rollback that could not be written holds only this instance at `legacy`.
    package let isHeldAtLegacy: Bool
    /// Changes that are not in the history yet, attempts at it that failed, and changes that never will be.
    package let historyWaiting: Int
    package let historyFailures: Int
    package let historyLost: Int

    package var isHealthy: Bool {
        state == .ok && !isHeldAtLegacy && writeProblem == nil && historyWaiting == 0 && historyLost == 0
    }

    init(
        _ flags: FlagState, path: String, history: FlagHistoryWriter.Status, modificationTime: Int64? = nil,
        writeProblem: String? = nil, sharingProblems: [String] = []
    ) {
        state = flags.problem.map { State($0.kind) } ?? (flags.lastGood == nil ? .missing : .ok)
        self.path = path
        effective = flags.effective
        file = flags.fileValues
        contentHash = flags.lastGood?.contentHash
        changedAt = modificationTime.map { Timestamp(milliseconds: $0 / 1_000_000) }
        lastGoodTime = flags.lastGood?.time
        invalidReads = flags.invalidReads
        problem = flags.problem?.message
        self.writeProblem = writeProblem
        notes = flags.notes.map(\.description) + sharingProblems
        isHeldAtLegacy = flags.isHeldAtLegacy
        historyWaiting = history.waiting
        historyFailures = history.failures
        historyLost = history.lost
    }
}

extension FlagHealth.State {
    init(_ kind: FlagProblem.Kind) {
        self =
            switch kind {
            case .missing: .missing
            case .unreadable: .unreadable
            case .invalid: .invalid
            }
    }
}
