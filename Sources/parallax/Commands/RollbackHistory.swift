import CommandSupport
import FeatureFlags
import ArgumentParser
import DivergenceStore
import ParallaxCore

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
