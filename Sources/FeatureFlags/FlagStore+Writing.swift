package import ParallaxCore
import Synchronization

/// Changes the file: carries out what ``FlagFileProtocol`` decides.
extension FlagStore {
    /// A file system that takes longer may hang: what it is asked to store holds here meanwhile.
    private static let writingTimeout: Duration = .seconds(3)

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
        switch await carryOut(WriteRequest(kind: .update(update, over: content), by: by, reason: reason)) {
        case .changed(let change): return change
        case .unchanged: return nil
        case .held(let error), .superseded(let error), .failed(let error): throw error
        }
    }

    /// Flips the file to `legacy`, whatever is wrong with it.
    ///
    /// A file that is invalid is replaced by the last good one, and kept next to it. If nothing can be written, this
    /// instance is held at `legacy`; ``FlagHold`` says until when.
    ///
    /// - Parameter claim: What an evaluator decided on; `nil` for a rollback that is asked for whatever was decided.
    package nonisolated func rollBackToLegacy(
        by: String, reason: String, claim: RollbackClaim? = nil
    ) async -> FlagRollback {
        published.withLock { $0.rollbacksUnderWay += 1 }
        // Not on the store's queue, which may be what hangs.
        let stall = Task {
            try await Task.sleep(for: FlagStore.writingTimeout)
            published.withLock { published in
                guard published.rollbacksUnderWay > 0 else { return }
                published.isStalled = true
                published.state.flags.holdAtLegacy()
            }
        }
        defer { stall.cancel() }
        return await rollBackToEnd(WriteRequest(kind: .rollback(claim), by: by, reason: reason))
    }

    private func rollBackToEnd(_ request: WriteRequest) async -> FlagRollback {
        let rollback = await rollBack(request)
        published.withLock { published in
            published.rollbacksUnderWay -= 1
            if published.rollbacksUnderWay == 0 { published.isStalled = false }
        }
        publishState()
        return rollback
    }

    private func rollBack(_ request: WriteRequest) async -> FlagRollback {
        let outcome = await carryOut(request)
        switch outcome {
        case .held(let error), .failed(let error):
            return .held(error)
        case .changed(let change):
            state.flags.releaseHold()
            return .flipped(change)
        case .unchanged:
            state.flags.releaseHold()
            return .alreadyLegacy
        case .superseded(let error):
            state.flags.releaseHold()
            return .superseded(error)
        }
    }

    /// Tries again what could not be written, once in a while.
    func retryRollback() async {
        endHold(acknowledgedBy: state.claims.newest?.latch(written: state.flags.writtenNumber))
        guard let held = state.flags.heldRollback, held.nextAttempt <= now() else { return }
        _ = await rollBack(WriteRequest(kind: .rollback(held.claim), by: held.by, reason: held.reason))
    }

    /// Holds this instance at `legacy` as an earlier process did, and tries to write its rollback.
    ///
    /// Does nothing if the file has taken the hold's place meanwhile.
    ///
    /// - Parameter latch: The latch of the rollback that is not in the file.
    package func resumeHold(_ latch: RollbackLatch) async {
        guard let hold = latch.hold, let firing = latch.firing, latch.isLatched else { return }
        let rollback = HeldRollback(
            by: RollbackEvaluator.author, reason: firing.sentence,
            claim: RollbackClaim(number: .max, latch: latch.withoutHold), nextAttempt: now())
        state.flags.resume(hold, writing: rollback)
        if state.flags.isHeldAtLegacy { observers.tell(.holdResumed(sentence: firing.sentence)) }
    }

    /// Lets those who share the file know that a rollback was acknowledged, and ends the hold that it was about.
    ///
    /// - Parameter latch: This instance's, with the acknowledgement.
    package func publish(_ latch: RollbackLatch) async {
        endHold(acknowledgedBy: latch)
        _ = await carryOut(WriteRequest(kind: .latch(latch), by: instance ?? FlagStore.ownName, reason: ""))
    }

    private func endHold(acknowledgedBy latch: RollbackLatch?) {
        guard let latch, state.flags.heldRollback?.isAcknowledged(by: latch) == true else { return }
        state.flags.releaseHold()
    }

    private func hold(_ rollback: HeldRollback, because error: FlagFileError) {
        let isNews = state.flags.heldRollback == nil
        state.flags.holdAtLegacy(rollback)
        if isNews { observers.tell(.heldAtLegacy(error)) }
    }
}

// MARK: - The driver

extension FlagStore {
    /// Carries out a change until it ends.
    func carryOut(_ request: WriteRequest) async -> WriteOutcome {
        var protocolState = FlagFileProtocol(request, by: writer)
        var lock = FlagFileLock()
        defer { lock.release() }
        var action = protocolState.start()
        while true {
            switch action {
            case .read:
                do throws(FlagFileError) {
                    let content = try read(under: &lock)
                    action = protocolState.didRead(content, knowledge)
                } catch {
                    action = protocolState.didFail(error, knowledge)
                }
            case .claim(let fence):
                let result = claim(fence)
                action = protocolState.didClaim(result, knowledge)
            case .write(let edit):
                do throws(FlagFileError) {
                    let change = try replace(edit, protocolState)
                    action = protocolState.didWrite(change)
                } catch {
                    action = protocolState.didFail(error, knowledge)
                }
            case .readClaims:
                readClaims()
                action = protocolState.didReadClaims(knowledge)
            case .wait(let duration):
                lock.release()
                await queue.pause(for: duration)
                action = protocolState.didWait()
            case .hold(let rollback, let error):
                hold(rollback, because: error)
                return .held(error)
            case .superseded(let error): return .superseded(error)
            case .finish(let change?): return .changed(change)
            case .finish(nil): return .unchanged
            case .fail(let error): return .failed(error)
            }
        }
    }

    private var knowledge: FlagFileProtocol.Knowledge {
        FlagFileProtocol.Knowledge(flags: state.flags, claims: state.claims, now: now(), uptime: uptime())
    }

    /// - Throws: ``FlagFileError`` if the file cannot be found.
    private func read(
        under lock: inout FlagFileLock
    ) throws(FlagFileError) -> Result<FlagDefinitionFile, FlagFileError> {
        lock.take(beside: try file.resolved())
        let content = Result { () throws(FlagFileError) in try take(file.read()) }
        readClaims()
        return content
    }

    private func claim(_ fence: RollbackFence) -> FlagFileProtocol.ClaimResult {
        let isClaimed: Bool
        do {
            isClaimed = try folder().claims.claim(fence)
        } catch {
            note(.claiming, "the file that numbers changes cannot be written next to the flag file: \(error)")
            return .unavailable
        }
        note(.claiming, nil)
        guard isClaimed else {
            readClaims(beyond: fence.number)
            return .taken
        }
        state.claims.see(fence, at: uptime())
        return .claimed
    }

    /// Writes an edited file, keeps the change before it shows, and lets it hold here at once.
    private func replace(
        _ edit: FlagFileProtocol.Edit, _ protocolState: FlagFileProtocol
    ) throws(FlagFileError) -> FlagChange? {
        let reading = FlagReading(of: edit.definition, at: now())
        var preview = state.flags
        let newest = preview.lastGood == nil ? recorder.newest(within: FlagStore.historyTimeout) : nil
        let change = preview.accept(reading, newest: newest).map { edit.endedDrill?.end ?? $0 }
        var isRecorded = false
        do {
            let time = try file.replace(
                with: edit.definition.bytes, expecting: edit.expectation, above: newestModificationTime,
                beforeRename: {
                    if let drill = edit.endedDrill { try? folder().writeEndedDrill(drill) }
                    guard let change else { return }
                    recorder.record(change, within: FlagStore.historyTimeout)
                    isRecorded = true
                },
                lastCheck: { () throws(FlagFileError) in
                    readClaims()
                    guard protocolState.mayRename(knowledge) else {
                        throw FlagFileError(
                            .changedMeanwhile, "flag file \(file.path) is being changed by another; try again")
                    }
                })
            newestModificationTime = time
            state.modificationTime = time
        } catch {
            // Known at once, and not only with the next try.
            triedWritingAt = nil
            if isRecorded, let change { takeBack(change, because: error) }
            if edit.endedDrill != nil { try? folder().removeEndedDrill() }
            throw error
        }
        adopt(reading, as: change, isRecorded: isRecorded)
        return change
    }

    /// A change that was kept in the history but could not be written is followed by its opposite.
    private func takeBack(_ change: FlagChange, because error: FlagFileError) {
        guard let from = change.from, let hash = state.flags.lastGood?.contentHash else { return }
        let opposite = FlagChange(
            time: change.time + 1, by: FlagStore.ownName, reason: "the change before could not be written: \(error)",
            from: change.to, to: from, contentHash: hash)
        recorder.record(opposite, within: FlagStore.historyTimeout)
    }
}
