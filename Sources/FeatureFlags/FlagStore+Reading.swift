import Dispatch
import ParallaxCore
import Synchronization

/// What runs on the store's queue to read the file.
extension FlagStore {
    /// How long a change waits to be in the history before it takes effect all the same.
    static let historyTimeout: DispatchTimeInterval = .milliseconds(250)

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
        let newest = isFirst ? recorder.newest(within: FlagStore.historyTimeout) : nil
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
        if !isRecorded { recorder.record(change, within: FlagStore.historyTimeout) }
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

/// Makes the flag file if there is none. What keeps it from being made at the start, such as a full disk, may end while the
/// service runs: it is tried again until the file is there, or another program has made one.
extension FlagStore {
    struct Creation {
        /// Why the file could not be made.
        let problem: FlagFileError
        /// When to try next, on the steady clock, and how long the pause before it is.
        let nextAttempt: Duration
        let pause: Duration
    }

    private static let firstPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(30)

    /// Reads the file, after making it if there is none. Runs on the store's queue.
    func startOnQueue() {
        create()
        refreshOnQueue()
    }

    /// Tries again to make a file that could not be made at the start, if it is time to. A file that was there has another
    /// reason to be away, and is not made again. Runs on the store's queue.
    func createAgain() {
        guard let creation = work.withLock({ $0.creation }) else { return }
        if uptime() >= creation.nextAttempt { create() }
        if let problem = work.withLock({ $0.creation?.problem }) { reject(problem) }
    }

    private func create() {
        do {
            try createIfMissing()
            work.withLock { $0.creation = nil }
        } catch {
            // Where another instance made the file first, it is there to be read.
            guard error.code != .changedMeanwhile else { return }
            let problem = FlagFileError(
                .missing,
                "flag file \(file.path) does not exist and cannot be made; it is tried again: \(error.message)")
            let time = uptime()
            work.withLock { work in
                let pause = work.creation.map { min($0.pause * 2, FlagStore.longestPause) } ?? FlagStore.firstPause
                work.creation = Creation(problem: problem, nextAttempt: time + pause, pause: pause)
            }
        }
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
}

/// Whether the flag file can be written, so that a rollback would reach it.
extension FlagStore {
    struct Writing {
        /// Why it cannot be written; `nil` if it can, as far as is known.
        var problem: FlagFileError?
        /// When that was tried last, on the steady clock; `nil` before the first time.
        var triedAt: Duration?
    }

    private static let pauseBetweenTries: Duration = .seconds(60)

    /// Asks the file system now whether the file can be written.
    ///
    /// - Throws: ``FlagFileError`` naming the file and the remedy.
    package func requireWritable() async throws(FlagFileError) {
        try await onQueue { Result { () throws(FlagFileError) in try self.file.requireWritable() } }.get()
    }

    /// Tries once in a while whether the file can be written, and tells when that changes. Runs on the store's queue.
    func tryWriting() {
        let uptime = uptime()
        let (writing, hasFile) = work.withLock { ($0.writing, $0.flags.lastGood != nil) }
        guard instance != nil, hasFile, writing.triedAt.map({ uptime - $0 >= Self.pauseBetweenTries }) ?? true else {
            return
        }
        var problem: FlagFileError?
        do {
            try file.requireWritable()
        } catch {
            problem = error
        }
        work.withLock { $0.writing = Writing(problem: problem, triedAt: uptime) }
        if problem != writing.problem { observers.tell(.writing(problem)) }
    }
}
