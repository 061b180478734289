import ArgumentParser

/// The root of `parallax-bench`.
@main
struct ParallaxBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parallax-bench",
        abstract: "Measure how fast this machine decides, and what it takes.",
        subcommands: [
            BenchCauses.self, BenchHTTP.self, BenchRedis.self, BenchMemory.self, BenchStore.self, BenchRoute.self,
            BenchAttack.self,
        ])
}
