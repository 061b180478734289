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
    /// - Returns: The change; `nil` where the file says so already.
    /// - Throws: ``FlagFileError`` naming the file and the remedy; nothing has changed then.
    @discardableResult
    package func set(_ update: FlagUpdate, by: String, reason: String) async throws(FlagFileError) -> FlagChange? {
        try await onQueue { self.writeOnQueue(update, by: by, reason: reason) }.get()
    }
}

/// What runs on the store's queue to write the file.
extension FlagStore {
    private static let mostAttempts = 20

    /// A file to start from, and what has to be on disk when it is written.
    private struct Base {
        let definition: FlagDefinitionFile
        let expectation: FlagFile.Expectation
    }

    func startOnQueue() {
        do {
            try createIfMissing()
        } catch {
            // Where another instance made the file first, it is there to be read.
            if error.code != .changedMeanwhile { return reject(error) }
        }
        refreshOnQueue()
    }

    private func createIfMissing() throws(FlagFileError) {
        do {
            _ = try file.read()
        } catch {
            guard error.code == .missing else { return }
            try file.createFolder()
            let declaration = declaration(
                by: FlagStore.ownName, reason: "made from the environment, as there was no file", over: nil)
            try FlagFileLock.hold(beside: try file.resolved()) { () throws(FlagFileError) in
                _ = try commit(.canonical(environment.values, declaration: declaration), expecting: .absent)
            }
        }
    }

    func writeOnQueue(
        _ update: FlagUpdate, by: String, reason: String, isRollback: Bool = false
    ) -> Result<FlagChange?, FlagFileError> {
        let declaration = FlagDeclaration(by: by, reason: reason, changedAt: "")
        guard !declaration.by.isEmpty, !declaration.reason.isEmpty else {
            return .failure(FlagFileError(.badRequest, "a change of the flags needs a name and a reason: give both"))
        }
        var last = FlagFileError(.changedMeanwhile, "flag file \(file.path) keeps being changed; try again")
        for _ in 0..<FlagStore.mostAttempts {
            do {
                return .success(try attempt(update, by: by, reason: reason, isRollback: isRollback))
            } catch {
                last = error
                if error.code != .changedMeanwhile { break }
            }
        }
        return .failure(last)
    }

    /// Reads, edits and writes once, under the lock that our writers share.
    private func attempt(
        _ update: FlagUpdate, by: String, reason: String, isRollback: Bool
    ) throws(FlagFileError) -> FlagChange? {
        let target = try file.resolved()
        return try FlagFileLock.hold(beside: target) { () throws(FlagFileError) in
            try attemptLocked(update, by: by, reason: reason, isRollback: isRollback)
        }
    }

    private func attemptLocked(
        _ update: FlagUpdate, by: String, reason: String, isRollback: Bool
    ) throws(FlagFileError) -> FlagChange? {
        var failure: FlagFileError?
        for base in try bases(isRollback: isRollback) {
            let declaration = declaration(by: by, reason: reason, over: base.definition)
            let edited: FlagDefinitionFile
            do {
                edited = try base.definition.applying(update, declaration: declaration)
            } catch {
                failure = failure ?? FlagFileError(error, path: file.path)
                continue
            }
            if edited == base.definition, case .content = base.expectation { return nil }
            return try commit(edited, expecting: base.expectation)
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
    private func commit(
        _ edited: FlagDefinitionFile, expecting expectation: FlagFile.Expectation
    ) throws(FlagFileError) -> FlagChange? {
        let reading = reading(of: edited, at: now())
        let (flags, newest) = work.withLock { ($0.flags, $0.newestModificationTime) }
        let isFirst = flags.lastGood == nil
        var preview = flags
        let change = preview.accept(
            reading, newest: isFirst ? recorder.newest(within: FlagStore.historyPatience) : nil)
        var isRecorded = false
        do {
            let time = try file.replace(with: edited.bytes, expecting: expectation, above: newest) {
                guard let change else { return }
                recorder.record(change, within: FlagStore.historyPatience)
                isRecorded = true
            }
            work.withLock { $0.newestModificationTime = time }
        } catch {
            if isRecorded, let change { takeBack(change, hash: flags.lastGood?.contentHash, because: error) }
            throw error
        }
        adopt(reading, isRecorded: isRecorded)
        return change
    }

    /// A change that was kept in the history but did not come about is followed by its opposite.
    private func takeBack(_ change: FlagChange, hash: String?, because error: FlagFileError) {
        guard let from = change.from, let hash else { return }
        let opposite = FlagChange(
            time: change.time + 1, by: FlagStore.ownName, reason: "the change before could not be written: \(error)",
            from: change.to, to: from, contentHash: hash)
        recorder.record(opposite, within: FlagStore.historyPatience)
    }

    /// Who, why and when, with a time above that of the file it replaces, whatever clock wrote that.
    private func declaration(by: String, reason: String, over base: FlagDefinitionFile?) -> FlagDeclaration {
        var time = now()
        if let before = base?.declaration?.time, before >= time { time = before + 1 }
        return FlagDeclaration(by: by, reason: reason, at: time)
    }
}
