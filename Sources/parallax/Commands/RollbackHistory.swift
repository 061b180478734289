import ArgumentParser
import DivergenceStore
import ParallaxCore

/// `parallax rollback history`
struct RollbackHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the rollbacks, with what they were decided from.",
        discussion: "The newest first. --json gives every figure of the decision.")

    @OptionGroup var database: OneDatabaseOption

    @Option(help: "How many rollbacks to list.")
    var limit = 20

    @Flag(help: "Print JSON with stable keys.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 100000.") }
    }

    func run() async throws {
        let rollbacks = try await database.open().rollbacks(limit: limit)
        Terminal.print(
            json
                ? try JSONText.make(rollbacks.map(RollbackDocument.init))
                : rollbacks.isEmpty ? "Nothing was rolled back." : RollbackHistory.text(rollbacks))
    }

    static func text(_ rollbacks: [StoredRollback]) -> String {
        rollbacks.map { stored in
            let rollback = stored.rollback
            let change = FlagsText.change(from: rollback.flagsBefore, to: rollback.flagsAfter)
            return """
                \(stored.id)  \(Figures.time(rollback.evaluation.time)) UTC  \(rollback.evaluation.trigger.rawValue)\
                \(rollback.isDryRun ? "  dry run" : "")
                  \(rollback.evaluation.sentence.escapedForTerminal)
                  \(rollback.isDryRun ? "nothing was changed" : change)
                  \(acknowledgement(of: rollback))
                """
        }.joined(separator: "\n")
    }

    private static func acknowledgement(of rollback: Rollback) -> String {
        guard let word = rollback.acknowledgement else {
            return rollback.isDryRun
                ? "needs no acknowledgement" : "not acknowledged: see 'parallax rollback acknowledge'"
        }
        return "acknowledged \(Figures.time(word.time)) UTC by \(word.by.escapedForTerminal): "
            + word.reason.escapedForTerminal
    }
}

/// One rollback as JSON. Times are milliseconds since the Unix epoch.
struct RollbackDocument: Encodable {
    struct Word: Encodable {
        let time: Timestamp
        let by: String
        let reason: String
    }

    let id: Int64
    let time: Timestamp
    let trigger: String
    let sentence: String
    let figures: [String: Double]
    let isDryRun: Bool
    let flagsBefore: FlagsDocument.Values
    let flagsAfter: FlagsDocument.Values
    let acknowledgement: Word?

    init(_ stored: StoredRollback) {
        let rollback = stored.rollback
        id = stored.id
        time = rollback.evaluation.time
        trigger = rollback.evaluation.trigger.rawValue
        sentence = rollback.evaluation.sentence
        figures = rollback.evaluation.figures
        isDryRun = rollback.isDryRun
        flagsBefore = FlagsDocument.Values(rollback.flagsBefore)
        flagsAfter = FlagsDocument.Values(rollback.flagsAfter)
        acknowledgement = rollback.acknowledgement.map { Word(time: $0.time, by: $0.by, reason: $0.reason) }
    }
}
