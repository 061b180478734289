import ArgumentParser
import CommandSupport
import ParallaxCore

/// `parallax-bench attack`: one attack on the limiter in memory, in a process of its own.
struct BenchAttack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attack",
        abstract: "Invent identities and print as JSON what the limiter in memory made of them.",
        shouldDisplay: false)

    @Option(help: "What the names are like: short or longest.")
    var names = MemoryAttack.Shape.short

    @Option(help: "How many identities are invented.")
    var identities: Int

    func validate() throws {
        guard (1...1_000_000_000).contains(identities) else {
            throw ValidationError("--identities must be from 1 to 1000000000.")
        }
    }

    func run() throws {
        let outcome = try MemoryAttack(shape: names, identities: identities, bounds: MemoryBounds()).run()
        Terminal.print(try JSONText.make(outcome))
    }
}

extension MemoryAttack.Shape: ExpressibleByArgument {}
