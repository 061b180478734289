import ArgumentParser
import CommandSupport
import DivergenceStore
import ParallaxCore
import Settings

/// `parallax flags history`
struct FlagsHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List who changed the flags, when, why, and from what to what.",
        discussion: """
            The newest change first. Each row holds the hash of the one before; the chain is followed each time, and a row \
            that was changed or taken out makes the command exit with 65.
            """)

    @OptionGroup var database: OneDatabaseOption

    @Option(help: "How many changes to list.")
    var limit = 20

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 100000.") }
    }

    func run() async throws {
        let store = try await database.open()
        let entries = try await store.flagHistory(limit: limit)
        let fault = try await store.verifyFlagHistory()
        Terminal.print(
            json
                ? try JSONText.make(entries.map(FlagChangeDocument.init))
                : entries.isEmpty ? "No change of the flags was noted yet." : FlagsHistory.text(entries, fault: fault))
        if let fault {
            throw CommandFailure(
                .badData, FlagsHistory.sentence(fault),
                remedy: "\(store.path) was changed by hand; compare it with an older copy.")
        }
    }

    static func text(_ entries: [FlagHistoryEntry], fault: FlagHistoryBreak? = nil) -> String {
        entries.map { entry in
            let isBroken = fault?.sequence == entry.sequence
            return """
                \(entry.sequence)  \(entry.change.time.text) UTC  \(entry.change.by.escapedForTerminal)\
                \(isBroken ? "  (the chain is broken here)" : "")
                  \(FlagsText.change(from: entry.change.from, to: entry.change.to))
                  \(entry.change.reason.escapedForTerminal)
                """
        }.joined(separator: "\n")
    }

    static func sentence(_ fault: FlagHistoryBreak) -> String {
        let what =
            switch fault.fault {
            case .missingRow: "a change before it is gone"
            case .wrongPreviousHash: "it does not follow from the change before it"
            case .changedRow: "it is not what was written"
            }
        return "the history's chain is broken at change \(fault.sequence) (\(fault.fault.rawValue)): \(what)"
    }
}

/// One change as JSON. Times are milliseconds since the Unix epoch.
struct FlagChangeDocument: Encodable {
    let sequence: Int64
    let time: Timestamp
    let by: String
    let reason: String
    let from: FlagsDocument.Values?
    let to: FlagsDocument.Values
    let contentHash: String
    let previousHash: String
    let hash: String

    init(_ entry: FlagHistoryEntry) {
        sequence = entry.sequence
        time = entry.change.time
        by = entry.change.by
        reason = entry.change.reason
        from = entry.change.from.map(FlagsDocument.Values.init)
        to = FlagsDocument.Values(entry.change.to)
        contentHash = entry.change.contentHash
        previousHash = entry.previousHash
        hash = entry.hash
    }
}

/// `parallax flags restore`
struct FlagsRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Set the flags to what they were after a change in the history.",
        discussion: """
            Sets the values of the four flags, as a new change with a name and a reason. Everything else in the file stays \
            as it is now: other programs' flags, variants and targeting rules may have changed since, and are not this \
            command's to undo. A history whose chain of hashes is broken is not restored from.

              parallax flags history
              parallax flags restore 12 --reason "back to before the last step"
            """)

    @Argument(help: ArgumentHelp("The change's number in 'parallax flags history'.", valueName: "number"))
    var sequence: Int64

    @OptionGroup var change: FlagChangeOptions

    @Flag(
        name: .customLong("empty-targeting"),
        help: "Empty the flags' targeting rules too, which other clients put above the default.")
    var emptiesTargeting = false

    @OptionGroup var file: FlagFileOption
    @OptionGroup var database: OneDatabaseOption

    func validate() throws {
        guard sequence >= 1 else { throw ValidationError("Changes are numbered from 1.") }
    }

    func run() async throws {
        let settings = try await Settings.load(for: .flags)
        let entry = try await entry(in: database.open())
        let databasePath = try await database.resolve()
        let history = FlagFileOption.history(in: databasePath)
        let store = try await file.open(settings, history: history)
        let update = FlagUpdate(restoring: entry.change.to, emptiesTargeting: emptiesTargeting)
        try await change.change(store, update, database: databasePath, saying: "restores change \(sequence): ")
    }

    private func entry(in store: DivergenceStore) async throws -> FlagHistoryEntry {
        if let fault = try await store.verifyFlagHistory() {
            throw CommandFailure(
                .badData, "\(FlagsHistory.sentence(fault)), so nothing is restored from it",
                remedy: "Set the flags with 'parallax flags set', and compare \(store.path) with a copy from before.")
        }
        guard let entry = try await store.flagHistoryEntry(sequence) else {
            throw CommandFailure(
                .noInput, "the history has no change \(sequence)",
                remedy: "'parallax flags history' lists those that it has; each database has its own.")
        }
        return entry
    }
}
