import ArgumentParser
import CommandSupport
import DivergenceStore
import FeatureFlags
import ParallaxCore

/// `parallax rollback`
struct Rollbacks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "See what the watchdog did, clear it, try its settings, and drill a rollback.",
        discussion: """
            When Redis is down, fails or slows callers, the watchdog sets the flags to legacy. It does so once: until a \
            person has acknowledged that, with a name and a reason, it fires no more.
            """,
        subcommands: [
            RollbackHistory.self, RollbackAcknowledge.self, RollbackSimulate.self, RollbackDrillCommand.self,
            RollbackBaseline.self,
        ])
}

/// `parallax rollback history`
struct RollbackHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the rollbacks, with what they were decided from.",
        discussion: """
            The newest first: those of the databases named, and the latest of all instances that share the flag file, which \
            each keeps next to it. --json gives every figure of the decision.
            """)

    @OptionGroup var databases: DatabaseOptions

    @OptionGroup var file: FlagFileOption

    @Option(help: "How many rollbacks to list.")
    var limit = 20

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 100000.") }
    }

    func run() async throws {
        let flags = await file.openIfUsable()
        var stored: [StoredRollback] = []
        for store in try await databases.open() {
            stored += try await store.rollbacks(limit: limit)
            if store.isWriteLocked {
                Terminal.note(
                    """
                    note: another program holds \(store.path.escapedForTerminal) locked; what took place meanwhile is not in \
                    it yet
                    """)
            }
        }
        let entries = RollbackEntry.merge(
            stored: stored, kept: await flags?.rollbacks() ?? [], shared: flags?.sharedLatch
        ).prefix(limit)
        Terminal.print(
            json
                ? try JSONText.make(entries.map(RollbackDocument.init))
                : entries.isEmpty ? Self.nothing(flags?.sharedLatch) : entries.map(\.text).joined(separator: "\n"))
    }

    /// What is said if no rollback is listed, although one may have taken place.
    static func nothing(_ shared: RollbackLatch?) -> String {
        guard let firing = shared?.firing else { return "Nothing was rolled back." }
        return """
            No rollback is in these databases. Next to the flag file stands one by \(firing.trigger.rawValue) at \
            \(firing.time.text) UTC: \(firing.sentence.escapedForTerminal)
            """
    }
}

/// A rollback as a database holds it, or as an instance has left it next to the flag file.
struct RollbackEntry {
    /// Its number in the database; `nil` if it is not in a database that was read.
    let id: Int64?
    let rollback: Rollback
    /// Where it took place; `nil` if that is not known.
    let instance: String?
    /// Whether only this instance was held at `legacy`, since the file could not be written.
    let isHeld: Bool

    /// The rollbacks of databases and of the folder next to the flag file, each once and the newest first.
    ///
    /// - Parameter shared: The latch next to the file, which says whether those are acknowledged that no database holds.
    static func merge(
        stored: [StoredRollback], kept: [KeptRollback], shared: RollbackLatch?
    ) -> [RollbackEntry] {
        let known = stored.map { stored in
            let match = kept.first { $0.isSame(as: stored.rollback) }
            return RollbackEntry(
                id: stored.id, rollback: stored.rollback, instance: match?.instance, isHeld: match?.isHeld ?? false)
        }
        let others = kept.filter { kept in !stored.contains { kept.isSame(as: $0.rollback) } }.map { kept in
            var rollback = kept.rollback
            rollback.acknowledgement = shared.flatMap { $0.acknowledgement(of: kept.time) }
            return RollbackEntry(id: nil, rollback: rollback, instance: kept.instance, isHeld: kept.isHeld)
        }
        return (known + others).sorted { $0.rollback.evaluation.time > $1.rollback.evaluation.time }
    }

    /// As text for a terminal.
    var text: String {
        let evaluation = rollback.evaluation
        let place = instance.map { "  at \($0.escapedForTerminal)" } ?? ""
        let change = FlagsText.change(from: rollback.flagsBefore, to: rollback.flagsAfter)
        let effect = isHeld ? "the file could not be written; only this instance was held at legacy" : change
        return """
            \(id.map(String.init) ?? "-")  \(evaluation.time.text) UTC  \(evaluation.trigger.rawValue)\
            \(rollback.isDryRun ? "  dry run" : "")\(place)
              \(evaluation.sentence.escapedForTerminal)
              \(rollback.isDryRun ? "nothing was changed" : effect)
              \(acknowledgement)
            """
    }

    private var acknowledgement: String {
        guard let acknowledgement = rollback.acknowledgement else {
            return rollback.isDryRun
                ? "needs no acknowledgement" : "not acknowledged: see 'parallax rollback acknowledge'"
        }
        return "acknowledged \(acknowledgement.time.text) UTC by \(acknowledgement.by.escapedForTerminal): "
            + acknowledgement.reason.escapedForTerminal
    }
}

extension KeptRollback {
    fileprivate func isSame(as other: Rollback) -> Bool {
        !other.isDryRun && trigger == other.evaluation.trigger && time == other.evaluation.time
            && sentence == other.evaluation.sentence
    }
}

/// One rollback as JSON. Times are milliseconds since the Unix epoch.
struct RollbackDocument: Encodable {
    struct AcknowledgementEntry: Encodable {
        let time: Timestamp
        let by: String
        let reason: String
    }

    /// `null` if it is only known from the folder next to the flag file.
    let id: Int64?
    let instance: String?
    let time: Timestamp
    let trigger: String
    let sentence: String
    let figures: [String: Double]
    let isDryRun: Bool
    /// Whether the file could not be written, so that only this instance was held at legacy.
    let isHeld: Bool
    let flagsBefore: FlagsDocument.Values
    let flagsAfter: FlagsDocument.Values
    let acknowledgement: AcknowledgementEntry?

    init(_ entry: RollbackEntry) {
        let rollback = entry.rollback
        id = entry.id
        instance = entry.instance
        isHeld = entry.isHeld
        time = rollback.evaluation.time
        trigger = rollback.evaluation.trigger.rawValue
        sentence = rollback.evaluation.sentence
        figures = rollback.evaluation.numbers
        isDryRun = rollback.isDryRun
        flagsBefore = FlagsDocument.Values(rollback.flagsBefore)
        flagsAfter = FlagsDocument.Values(rollback.flagsAfter)
        acknowledgement = rollback.acknowledgement.map {
            AcknowledgementEntry(time: $0.time, by: $0.by, reason: $0.reason)
        }
    }
}
