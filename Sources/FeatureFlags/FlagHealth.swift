package import ParallaxCore

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
        _ flags: FlagState, path: String, history: FlagRecorder.Status, modificationTime: Int64? = nil,
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
