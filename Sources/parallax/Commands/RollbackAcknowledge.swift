import ArgumentParser
import DivergenceStore
import Foundation
import ParallaxCore
import ParallaxService

/// `parallax rollback acknowledge`
struct RollbackAcknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge",
        abstract: "Say that a rollback was seen and dealt with, so that the watchdog acts again.",
        discussion: """
            The name and the reason are kept with the rollback. Instances that use this database heed it within seconds. \
            The flags stay as they are: set the strategy with 'parallax flags set'. Instances that share a flag file tell each \
            other: one database of theirs is enough. With a flag file for each, repeat this for each.

              parallax rollback acknowledge --reason "Redis was moved to new hardware"
            """)

    @Option(help: "What was found and done.")
    var reason: String

    @Option(help: "Who you are (default: the user's name).")
    var by: String?

    @OptionGroup var database: OneDatabaseOption

    func run() async throws {
        let path = try await database.resolve()
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                .noInput, "there is no database at \(path)", remedy: "Name one with --database or DATABASE_PATH.")
        }
        let acknowledgement = try Acknowledgement(
            validating: by ?? Person.current, reason: reason, time: FlagStore.wallClock())
        let latch = try await clear(StoredRollbackRecord(store: DivergenceStore(path: path)), acknowledgement)
        let what = latch.firing.map { "\($0.trigger.rawValue) at \(Figures.time($0.time)) UTC" } ?? "The rollback"
        Terminal.print("Acknowledged: \(what). The strategy stays as it is; see 'parallax flags show'.")
    }

    private func clear(
        _ record: StoredRollbackRecord, _ acknowledgement: Acknowledgement
    ) async throws -> RollbackLatch {
        do {
            return try await record.changeLatch { try $0.acknowledge(acknowledgement) }
        } catch let error as DivergenceStoreError {
            // That nothing waits is not the database's failure.
            throw error.cause as? RollbackLatchError ?? error
        }
    }
}
