import ParallaxCore

/// Reads the file and what is next to it.
extension FlagStore {
    private static let firstPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(30)
    private static let pauseBetweenTries: Duration = .seconds(60)

    /// Reads the file, which is made from the environment's flags if it does not exist.
    ///
    /// A file that can be neither read nor made is not a reason to stop: it shows in ``health``.
    package func start() async {
        await create()
        await refresh()
    }

    /// Reads the file again and takes what it says; keeps the last good flags if it is invalid.
    package func refresh() async {
        // Before the file that a drill has put back.
        readEndedDrill()
        do throws(FlagFileError) {
            if state.flags.lastGood == nil { try readFirst() } else { try take(file.read()) }
            creation = nil
        } catch {
            if error.code == .missing, creation != nil { await createAgain() } else { reject(error) }
        }
        readClaims()
        tryWriting()
        readBaseline()
        await retryRollback()
        recorder.retry()
        postStatus()
    }

    /// Reads the file while none of our writers is at work.
    ///
    /// The first content is told from the newest change of the history, which a writer keeps before its file shows: read in
    /// between, the file would seem to have been changed back.
    private func readFirst() throws(FlagFileError) {
        guard let target = try? file.resolved() else { return _ = try take(file.read()) }
        try FlagFileLock.hold(beside: target) { () throws(FlagFileError) in _ = try take(file.read()) }
    }

    /// Takes a content as the file's current one.
    ///
    /// - Returns: The file as it is now.
    @discardableResult
    func take(_ content: FlagFile.Content) throws(FlagFileError) -> FlagDefinitionFile {
        newestModificationTime = max(newestModificationTime, content.modificationTime)
        state.modificationTime = content.modificationTime
        let time = now()
        if let known = state.flags.lastGood?.definition, known.bytes == content.bytes {
            let wasFailing = state.flags.problem != nil
            state.flags.confirm(at: time)
            if wasFailing { observers.tell(.recovered) }
            return known
        }
        let definition = try definition(content.bytes)
        adopt(FlagReading(of: definition, at: time), isRecorded: false)
        return definition
    }

    func definition(_ bytes: [UInt8]) throws(FlagFileError) -> FlagDefinitionFile {
        do {
            return try FlagDefinitionFile(parsing: bytes, fallback: state.flags.environment.values)
        } catch {
            throw FlagFileError(error, path: file.path)
        }
    }

    /// Makes a reading the current one, records the change and notifies the observers.
    ///
    /// - Parameter known: The change, if this instance made it; `nil` to tell it from the content.
    func adopt(_ reading: FlagReading, as known: FlagChange? = nil, isRecorded: Bool) {
        let newest = state.flags.lastGood == nil ? recorder.newest(within: FlagStore.historyTimeout) : nil
        let before = state.flags.lastGood?.contentHash ?? newest?.contentHash
        let drillEnd = endOfDrill(from: before, to: reading)
        let wasFailing = state.flags.problem != nil
        let change = state.flags.accept(reading, newest: newest).map { known ?? drillEnd ?? $0 }
        if wasFailing { observers.tell(.recovered) }
        guard let change else { return }
        if !isRecorded { recorder.record(change, within: FlagStore.historyTimeout) }
        observers.tell(.changed(change, effective: state.flags.effective))
    }

    private func reject(_ error: FlagFileError) {
        let kind: FlagProblem.Kind =
            switch error.code {
            case .missing: .missing
            case .invalid: .invalid
            default: .unreadable
            }
        let problem = FlagProblem(kind: kind, message: error.message)
        if state.flags.reject(problem) { observers.tell(.failed(problem)) }
    }

    /// Looks for newer claims; keeps what is known if the folder cannot be read.
    ///
    /// - Parameter number: One that is known to be taken.
    func readClaims(beyond number: Int64 = 0) {
        let last = state.claims.newest
        do {
            let newest = try folder().claims.newest(beyond: max(number, last?.number ?? 0), last: last)
            note(.readingClaims, nil)
            if let newest { state.claims.see(newest, at: uptime()) }
        } catch {
            note(.readingClaims, "the files of other instances next to the flag file cannot be read: \(error)")
        }
    }

    func note(_ operation: Operation, _ problem: String?) {
        if state.sharingProblems[operation] != problem { state.sharingProblems[operation] = problem }
    }

    /// The folder of the file that the path leads to now.
    func folder() throws(FlagFileError) -> CoordinationFolder { CoordinationFolder(beside: try file.resolved()) }

    /// Asks the file system now whether the file can be written.
    ///
    /// - Throws: ``FlagFileError`` naming the file and the remedy.
    package func requireWritable() async throws(FlagFileError) {
        try file.requireWritable()
    }

    /// Tries once in a while whether the file can be written, so that a rollback would reach it, and tells when that changes.
    private func tryWriting() {
        let uptime = uptime()
        guard instance != nil, state.flags.lastGood != nil,
            triedWritingAt.map({ uptime - $0 >= FlagStore.pauseBetweenTries }) ?? true
        else { return }
        var problem: FlagFileError?
        do {
            try file.requireWritable()
        } catch {
            problem = error
        }
        triedWritingAt = uptime
        guard problem != state.writeProblem else { return }
        state.writeProblem = problem
        observers.tell(.writing(problem))
    }
}

// MARK: - Making a file

/// Makes the flag file if there is none. What keeps it from being made at the start, such as a full disk, may end while the
/// service runs: it is tried again until the file is there, or another program has made one.
extension FlagStore {
    /// Tries again to make a file that could not be made at the start, if it is time to. A file that was there has another
    /// reason to be away, and is not made again.
    private func createAgain() async {
        guard let creation else { return }
        if uptime() >= creation.nextAttempt { await create() }
        if let problem = self.creation?.problem { reject(problem) }
    }

    private func create() async {
        guard let error = await createIfMissing() else { return creation = nil }
        let problem = FlagFileError(
            .missing, "flag file \(file.path) does not exist and cannot be made; it is tried again: \(error.message)")
        let pause = creation.map { min($0.pause * 2, FlagStore.longestPause) } ?? FlagStore.firstPause
        creation = Creation(problem: problem, nextAttempt: uptime() + pause, pause: pause)
    }

    /// - Returns: Why there is no file; `nil` if there is one.
    private func createIfMissing() async -> FlagFileError? {
        do throws(FlagFileError) {
            _ = try file.read()
            return nil
        } catch {
            guard error.code == .missing else { return nil }
        }
        do throws(FlagFileError) { try file.createFolder() } catch { return error }
        let request = WriteRequest(
            kind: .create, by: FlagStore.ownName, reason: "made from the environment, as there was no file")
        guard case .failed(let error) = await carryOut(request) else { return nil }
        return error
    }
}
