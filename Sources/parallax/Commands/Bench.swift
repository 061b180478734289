import ArgumentParser

/// `parallax bench`
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast this machine decides, and what it takes.",
        subcommands: [
            BenchCauses.self, BenchHTTP.self, BenchRedis.self, BenchMemory.self, BenchStore.self, BenchRoute.self,
            BenchAttack.self,
        ])
}
