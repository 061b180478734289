import ArgumentParser

/// `parallax bench`
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast this machine answers checks.",
        subcommands: [BenchHTTP.self, BenchRoute.self])
}
