import ArgumentParser

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
