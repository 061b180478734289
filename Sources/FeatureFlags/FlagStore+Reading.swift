import Dispatch
import ParallaxCore
import Synchronization

/// What runs on the store's queue to read the file.
extension FlagStore {
    /// How long a change waits to be in the history before it takes effect all the same.
    static let historyPatience: DispatchTimeInterval = .milliseconds(250)

    func refreshOnQueue() {
        // Before the file that a drill has put back.
        readEndedDrill()
        do {
            if work.withLock({ $0.flags.lastGood == nil }) { try readFirst() } else { try take(file.read()) }
            work.withLock { $0.creation = nil }
        } catch {
            if error.code == .missing, work.withLock({ $0.creation != nil }) { createAgain() } else { reject(error) }
        }
        readFence()
        tryWriting()
        readBaseline()
        retryRollback()
        recorder.retry()
        post()
    }

    /// Reads the file while none of our writers is at work.
    ///
    /// The first content is told from the newest change of the history, which a writer keeps before its file shows:
    /// read in between, the file would seem to have been changed back.
    private func readFirst() throws(FlagFileError) {
        guard let target = try? file.resolved() else { return _ = try take(file.read()) }
        try FlagFileLock.hold(beside: target) { () throws(FlagFileError) in _ = try take(file.read()) }
    }

    /// Takes a content as the file's current one.
    ///
    /// - Returns: The file as it is now.
    @discardableResult
    func take(_ content: FlagFile.Content) throws(FlagFileError) -> FlagDefinitionFile {
        let time = now()
        let known = work.withLock { work in
            work.newestModificationTime = max(work.newestModificationTime, content.modificationTime)
            work.modificationTime = content.modificationTime
            return work.flags.lastGood?.definition
        }
        if let known, known.bytes == content.bytes {
            let wasFailing = work.withLock { work in
                defer { work.flags.confirm(at: time) }
                return work.flags.problem != nil
            }
            if wasFailing { observers.tell(.recovered) }
            return known
        }
        let definition = try definition(content.bytes)
        adopt(reading(of: definition, at: time), isRecorded: false)
        return definition
    }

    func definition(_ bytes: [UInt8]) throws(FlagFileError) -> FlagDefinitionFile {
        do {
            return try FlagDefinitionFile(parsing: bytes, fallback: environment.values)
        } catch {
            throw FlagFileError(error, path: file.path)
        }
    }

    func reading(of definition: FlagDefinitionFile, at time: Timestamp) -> FlagReading {
        FlagReading(
            definition: definition, contentHash: FlagFile.hash(definition.bytes), time: time,
            declaredAt: definition.declaration?.time)
    }

    var environment: EnvironmentFlags {
        work.withLock { $0.flags.environment }
    }

    /// Makes a reading the current one, records the change and notifies the observers.
    func adopt(_ reading: FlagReading, isRecorded: Bool) {
        let isFirst = work.withLock { $0.flags.lastGood == nil }
        let newest = isFirst ? recorder.newest(within: FlagStore.historyPatience) : nil
        let known = work.withLock { $0.flags.lastGood?.contentHash } ?? newest?.contentHash
        let drillEnd = endOfDrill(from: known, to: reading)
        let (change, wasFailing, effective) = work.withLock { work in
            let wasFailing = work.flags.problem != nil
            let change = work.flags.accept(reading, newest: newest).map { drillEnd ?? $0 }
            if !work.flags.isHeldAtLegacy { work.heldRollback = nil }
            return (change, wasFailing, work.flags.effective)
        }
        if wasFailing { observers.tell(.recovered) }
        guard let change else { return }
        if !isRecorded { recorder.record(change, within: FlagStore.historyPatience) }
        observers.tell(.changed(change, effective: effective))
    }

    func reject(_ error: FlagFileError) {
        let kind: FlagProblem.Kind =
            switch error.code {
            case .missing: .missing
            case .invalid: .invalid
            default: .unreadable
            }
        let problem = FlagProblem(kind: kind, message: error.message)
        if work.withLock({ $0.flags.reject(problem) }) { observers.tell(.failed(problem)) }
    }
}
