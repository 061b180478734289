package import ParallaxCore
import Synchronization

extension FlagStore {
    /// The name under which the service itself writes.
    package static let ownName = "parallax"

    /// Writes other values into the file, for all who read it.
    ///
    /// - Parameters:
    ///   - by: The person who wants it.
    ///   - reason: Why.
    ///   - content: The hash of the content that this was decided on; `nil` writes whatever the file holds by then.
    /// - Returns: The change; `nil` if the file says so already.
    /// - Throws: ``FlagFileError`` naming the file and the remedy, with `superseded` if the file holds another content;
    ///   nothing has changed then.
    @discardableResult
    package func set(
        _ update: FlagUpdate, by: String, reason: String, over content: String? = nil
    ) async throws(FlagFileError) -> FlagChange? {
        try await onQueue { self.writeOnQueue(update, by: by, reason: reason, over: content) }.get()
    }

    /// Waits until the history has every change so far, or could not be written: a process that ends before leaves them
    /// for others to find.
    package func finishHistory() async { await recorder.finish() }
}

/// What runs on the store's queue to write the file.
extension FlagStore {
    private static let mostAttempts = 20

    /// A file to start from, and what has to be on disk when it is written.
    private struct Base {
        let definition: FlagDefinitionFile
        let expectation: FlagFile.Expectation

        /// Of what is on disk; `nil` if nothing usable is.
        var contentHash: String? {
            guard case .content(let bytes) = expectation else { return nil }
            return FlagFile.hash(bytes)
        }
    }

    /// What someone wants written.
    private struct Order {
        let update: FlagUpdate
        let by: String
        let reason: String
        let isRollback: Bool
        /// What an evaluator decided on.
        let claim: RollbackClaim?
        /// The hash of the content that it was decided on; `nil` for whatever the file holds.
        let content: String?
    }

    func writeOnQueue(
        _ update: FlagUpdate, by: String, reason: String, isRollback: Bool = false, claim: RollbackClaim? = nil,
        over content: String? = nil
    ) -> Result<FlagChange?, FlagFileError> {
        let declaration = FlagDeclaration(by: by, reason: reason, changedAt: "")
        guard !declaration.by.isEmpty, !declaration.reason.isEmpty else {
            return .failure(FlagFileError(.badRequest, "a change of the flags needs a name and a reason: give both"))
        }
        let order = Order(
            update: update, by: by, reason: reason, isRollback: isRollback, claim: claim, content: content)
        var last = FlagFileError(.changedMeanwhile, "flag file \(file.path) keeps being changed; try again")
        for _ in 0..<FlagStore.mostAttempts {
            do {
                return .success(try attempt(order))
            } catch {
                last = error
                if error.code != .changedMeanwhile { break }
            }
        }
        return .failure(last)
    }

    /// Reads, edits and writes once, under the lock that our writers share.
    private func attempt(_ order: Order) throws(FlagFileError) -> FlagChange? {
        let target = try file.resolved()
        return try FlagFileLock.hold(beside: target) { () throws(FlagFileError) in try attemptLocked(order) }
    }

    private func attemptLocked(_ order: Order) throws(FlagFileError) -> FlagChange? {
        let bases = try bases(isRollback: order.isRollback)
        if let content = order.content, bases.first?.contentHash != content {
            throw FlagFileError(.superseded, "flag file \(file.path) was changed since this was decided")
        }
        // After the file has been read: its number says whether another's rollback is in it.
        if let claim = order.claim { try judge(claim) } else { readFence() }
        // A rollback that was begun keeps its number, so that trying again makes its lease no longer.
        let begun = order.claim == nil ? nil : ownLease
        let number = begun ?? nextNumber()
        var failure: FlagFileError?
        for base in bases {
            let declaration = declaration(by: order.by, reason: order.reason, over: base.definition, number: number)
            let edited: FlagDefinitionFile
            do {
                edited = try base.definition.applying(order.update, declaration: declaration)
            } catch {
                failure = failure ?? FlagFileError(error, path: file.path)
                continue
            }
            if edited == base.definition, case .content = base.expectation { return nil }
            if begun == nil {
                try claim(number, by: order.claim == nil ? order.by : instance ?? order.by, pending: order.claim?.latch)
            }
            return try commit(edited, expecting: base.expectation, number: number)
        }
        throw failure ?? FlagFileError(.invalid, "flag file \(file.path) cannot be edited")
    }

    /// The files to start from, the best first: what is on disk; for a rollback also the last good one and a new one.
    private func bases(isRollback: Bool) throws(FlagFileError) -> [Base] {
        var bases: [Base] = []
        var expectation = FlagFile.Expectation.anything
        do {
            let content = try file.read()
            bases.append(Base(definition: try take(content), expectation: .content(content.bytes)))
        } catch {
            if error.code == .missing {
                expectation = .absent
            } else if !isRollback {
                throw error
            }
        }
        guard isRollback || expectation == .absent else { return bases }
        let flags = work.withLock { $0.flags }
        if let definition = flags.lastGood?.definition {
            bases.append(Base(definition: definition, expectation: expectation))
        }
        bases.append(Base(definition: .canonical(flags.fileValues), expectation: expectation))
        return bases
    }

    /// Writes an edited file, keeps the change before it shows, and lets it hold here at once.
    @discardableResult
    func commit(
        _ edited: FlagDefinitionFile, expecting expectation: FlagFile.Expectation, number: Int64? = nil
    ) throws(FlagFileError) -> FlagChange? {
        let reading = reading(of: edited, at: now())
        let (flags, newest) = work.withLock { ($0.flags, $0.newestModificationTime) }
        let isFirst = flags.lastGood == nil
        var preview = flags
        let change = preview.accept(
            reading, newest: isFirst ? recorder.newest(within: FlagStore.historyPatience) : nil)
        var isRecorded = false
        do {
            let time = try file.replace(
                with: edited.bytes, expecting: expectation, above: newest,
                beforeRename: {
                    guard let change else { return }
                    recorder.record(change, within: FlagStore.historyPatience)
                    isRecorded = true
                },
                lastCheck: { () throws(FlagFileError) in try requireNewest(number) })
            work.withLock { ($0.newestModificationTime, $0.modificationTime) = (time, time) }
        } catch {
            // Known at once, and not only with the next try.
            work.withLock { $0.writing.triedAt = nil }
            if isRecorded, let change { takeBack(change, hash: flags.lastGood?.contentHash, because: error) }
            throw error
        }
        adopt(reading, isRecorded: isRecorded)
        return change
    }

    /// A change that was kept in the history but could not be written is followed by its opposite.
    private func takeBack(_ change: FlagChange, hash: String?, because error: FlagFileError) {
        guard let from = change.from, let hash else { return }
        let opposite = FlagChange(
            time: change.time + 1, by: FlagStore.ownName, reason: "the change before could not be written: \(error)",
            from: change.to, to: from, contentHash: hash)
        recorder.record(opposite, within: FlagStore.historyPatience)
    }

    /// Who, why and when, with a time above that of the file it replaces, whatever clock wrote that.
    func declaration(
        by: String, reason: String, over base: FlagDefinitionFile?, number: Int64? = nil
    ) -> FlagDeclaration {
        var time = now()
        if let before = base?.declaration?.time, before >= time { time = before + 1 }
        return FlagDeclaration(by: by, reason: reason, at: time, number: number)
    }
}
