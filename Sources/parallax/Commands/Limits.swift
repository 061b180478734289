import ArgumentParser

/// `parallax limits`
struct Limits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running instance about identities, or clear one.",
        discussion: """
            These go over the instance's admin routes, which are on where the service has a token file (the setting \
            ADMIN_TOKEN_FILE). The same file is read here.
            """,
        subcommands: [LimitsStatus.self, LimitsTop.self, LimitsReset.self])
}
