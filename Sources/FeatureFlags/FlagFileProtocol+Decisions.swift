import ParallaxCore

/// What each request comes to, from what is known: pure decisions behind the events.
extension FlagFileProtocol {
    /// A file to start from, and what has to be on disk when it is written.
    private struct EditBase {
        let definition: FlagDefinitionFile
        let expectation: FlagFile.Expectation
    }

    mutating func edit(
        _ update: FlagUpdate, over hash: String?, _ content: Result<FlagDefinitionFile, FlagFileError>,
        _ known: Knowledge
    ) throws(FlagFileError) -> Action {
        var bases: [EditBase] = []
        switch content {
        case .success(let definition):
            bases = [EditBase(definition: definition, expectation: .content(definition.bytes))]
        case .failure(let error) where error.code == .missing: bases = substitutes(expecting: .absent, known)
        case .failure(let error): throw error
        }
        if let hash, (try? content.get()).map({ FlagFile.hash($0.bytes) }) != hash {
            throw FlagFileError(.superseded, "flag file \(writer.path) was changed since this was decided")
        }
        let number = known.nextNumber
        return try edit(bases, update, number: number, claim(number, by: request.by, known), known)
    }

    mutating func rollBack(
        _ claim: RollbackClaim?, _ content: Result<FlagDefinitionFile, FlagFileError>, _ known: Knowledge
    ) throws(FlagFileError) -> Action {
        var bases: [EditBase] = []
        var expectation = FlagFile.Expectation.anything
        switch content {
        case .success(let definition):
            bases = [EditBase(definition: definition, expectation: .content(definition.bytes))]
        case .failure(let error): if error.code == .missing { expectation = .absent }
        }
        if let claim { try requireCurrent(claim, known) }
        // A rollback that was begun keeps its number, so that trying again makes its lease no longer.
        let begun = claim == nil ? nil : known.claims.ownLease(of: writer.process, written: known.flags.writtenNumber)
        let number = begun ?? known.nextNumber
        let holder = claim == nil ? request.by : writer.instance ?? request.by
        return try edit(
            bases + substitutes(expecting: expectation, known), .rollback, number: number,
            begun == nil ? self.claim(number, by: holder, pending: claim?.latch, known) : nil, known)
    }

    /// What a file that cannot be edited, or is not there, is replaced by: the last good one, or a new one.
    private func substitutes(expecting expectation: FlagFile.Expectation, _ known: Knowledge) -> [EditBase] {
        [known.flags.lastGood?.definition, .canonical(known.flags.fileValues)]
            .compactMap { $0.map { EditBase(definition: $0, expectation: expectation) } }
    }

    /// Edits the first of the files that can be edited.
    ///
    /// - Parameter claim: The claim for the number; `nil` if this instance has it already.
    private mutating func edit(
        _ bases: [EditBase], _ update: FlagUpdate, number: Int64, _ claim: RollbackFence?, _ known: Knowledge
    ) throws(FlagFileError) -> Action {
        var failure: FlagFileError?
        for base in bases {
            let edited: FlagDefinitionFile
            do {
                edited = try base.definition.applying(
                    update, declaration: declaration(over: base.definition, number: number, known))
            } catch {
                failure = failure ?? FlagFileError(error, path: writer.path)
                continue
            }
            if edited == base.definition, case .content = base.expectation { return end(.finish(nil)) }
            return begin(
                Edit(definition: edited, expectation: base.expectation, number: number, endedDrill: nil), claim)
        }
        throw failure ?? FlagFileError(.invalid, "flag file \(writer.path) cannot be edited")
    }

    /// Puts the file back as a drill found it. The content has no room for a number: it is only claimed.
    mutating func restore(
        _ note: DrillNote, _ content: Result<FlagDefinitionFile, FlagFileError>, _ known: Knowledge
    ) throws(FlagFileError) -> Action {
        let flipped = try content.get()
        if flipped.bytes == Array(note.content) { return end(.finish(nil)) }
        let fallback = known.flags.environment.values
        guard note.isFlip(flipped, fallback: fallback) else {
            throw FlagFileError(.superseded, "flag file \(writer.path) was changed since the drill began")
        }
        let before: FlagDefinitionFile
        do {
            before = try FlagDefinitionFile(parsing: Array(note.content), fallback: fallback)
        } catch {
            throw FlagFileError(error, path: writer.path)
        }
        let number = known.nextNumber
        let edit = Edit(
            definition: before, expectation: .content(flipped.bytes), number: number,
            endedDrill: EndedDrill(note, before: before, flipped: flipped, at: known.now))
        return begin(edit, claim(number, by: request.by, known))
    }

    /// Makes a file from the environment's flags if there is none.
    mutating func create(
        _ content: Result<FlagDefinitionFile, FlagFileError>, _ known: Knowledge
    ) throws(FlagFileError) -> Action {
        guard case .failure(let error) = content, error.code == .missing else { return end(.finish(nil)) }
        let definition = FlagDefinitionFile.canonical(
            known.flags.environment.values, declaration: declaration(over: nil, number: nil, known))
        return begin(Edit(definition: definition, expectation: .absent, number: nil, endedDrill: nil), nil)
    }

    private mutating func begin(_ edit: Edit, _ claim: RollbackFence?) -> Action {
        guard let claim else {
            state = .writing(edit)
            return .write(edit)
        }
        state = .claiming(edit)
        return .claim(claim)
    }

    /// Whether an evaluator may carry out now what it decided.
    ///
    /// - Throws: ``FlagFileError`` with `superseded` if the flags were changed or a rollback was acknowledged since, so that it
    ///   must decide again, and with `leased` if another evaluator is writing a rollback.
    private func requireCurrent(_ claim: RollbackClaim, _ known: Knowledge) throws(FlagFileError) {
        var number = known.nextNumber - 1
        if let fence = known.claims.lease(written: known.flags.writtenNumber) {
            guard fence.process != writer.process else { return }
            guard known.uptime - known.claims.seenAt >= writer.lease else {
                throw FlagFileError(
                    .leased,
                    """
                    \(DisplayText.quoted(fence.holder)) is writing a rollback to flag file \(writer.path); it has \
                    \(writer.lease) for it
                    """)
            }
            // A lease that has run out changed nothing. What came before it may have.
            number -= 1
        }
        guard number > claim.number else { return }
        throw FlagFileError(
            .superseded, "flag file \(writer.path) was changed, or a rollback acknowledged, since this was decided")
    }

    /// Claims a number for the latch that all share, until that is what it should be.
    mutating func settle(_ known: Knowledge) -> Action {
        guard let newest = known.claims.newest, attempts <= FlagFileProtocol.maximumAttempts else {
            return end(.finish(change))
        }
        let latch = newest.latch(written: known.flags.writtenNumber)
        let settled = settled(latch)
        if newest.pending == nil, settled == latch { return end(.finish(change)) }
        state = .claimingLatch
        return .claim(claim(known.nextNumber, by: writer.instance ?? FlagStore.ownName, latch: settled, known))
    }

    private func settled(_ latch: RollbackLatch) -> RollbackLatch {
        switch request.kind {
        case .rollback(let claim?): latch.merged(with: claim.latch)
        case .latch(let acknowledged): latch.acknowledged(alsoBy: acknowledged)
        case .rollback(nil), .update, .restore, .create: latch
        }
    }

    /// - Parameters:
    ///   - pending: The latch that the change brings about; `nil` if an evaluator did not decide it.
    ///   - latch: The latch that all share from then on; `nil` leaves it as it is.
    private func claim(
        _ number: Int64, by holder: String, pending: RollbackLatch? = nil, latch: RollbackLatch? = nil,
        _ known: Knowledge
    ) -> RollbackFence {
        RollbackFence(
            number: number, holder: holder, process: writer.process, time: known.now,
            latch: latch ?? known.claims.newest?.latch(written: known.flags.writtenNumber) ?? RollbackLatch(),
            pending: pending)
    }

    /// Who, why and when, with a time above that of the file it replaces, whatever clock wrote that.
    private func declaration(over base: FlagDefinitionFile?, number: Int64?, _ known: Knowledge) -> FlagDeclaration {
        var time = known.now
        if let before = base?.declaration?.time, before >= time { time = before + 1 }
        return FlagDeclaration(by: request.by, reason: request.reason, at: time, number: number)
    }
}
