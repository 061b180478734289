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
        if hold?.ends(with: reading) == true { hold = nil }
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
    package mutating func holdAtLegacy() {
        resume(hold ?? FlagHold(values: fileValues, declaredAt: lastGood?.declaredAt))
    }

    /// Holds this instance at `legacy` as an earlier process did, unless the file has taken the hold's place since.
    package mutating func resume(_ hold: FlagHold) {
        self.hold = lastGood.map(hold.ends) == true ? nil : hold
        settle()
    }

    /// Ends the hold: the rollback is in the file, or was acknowledged.
    package mutating func releaseHold() {
        hold = nil
        settle()
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
