import ArgumentParser

/// `parallax flags`
struct Flags: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See and change the flags that steer the migration.",
        discussion: """
            The flags live in one file in the open flagd format (the setting FEATURE_FLAG_FILE). Every instance follows it \
            within a second, without a restart.

              legacy            only the old limiter
              hybrid            both judge; the old one is enforced, but for the share of identities given to the new one
              distributed_only  only the new limiter
            """,
        subcommands: [FlagsShow.self, FlagsSet.self, FlagsHistory.self, FlagsRestore.self])
}
