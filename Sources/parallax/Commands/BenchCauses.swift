import ArgumentParser
import ParallaxCore
import Replay

/// `parallax bench causes`
struct BenchCauses: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "causes",
        abstract: "Compare the causes given to divergences with the true ones, in modelled fleets.",
        discussion: """
            Runs the real limiters and the real comparing in virtual time: fleets of 1 to 8 instances, restarts, losses in \
            Redis, clocks that step, other algorithms. The true cause is found from complete histories, the given one from \
            what one instance can know. Prints a line for each scenario, and how often each true cause was given which.
            """)

    @Option(help: "Seconds of traffic for each scenario.")
    var seconds = 600

    @Option(help: "Seed of the traffic.")
    var seed = ModelledTraffic.defaultSeed

    func validate() throws {
        guard (30...86_400).contains(seconds) else { throw ValidationError("--seconds must be from 30 to 86400.") }
    }

    func run() {
        let duration = Int64(seconds) * 1_000
        var outcomes: [CauseTables.Outcome] = []
        for scenario in Scenario.catalogue(durationMilliseconds: duration) {
            let table = ScenarioRun.table(of: scenario, durationMilliseconds: duration, seed: seed)
            outcomes.append(CauseTables.Outcome(name: scenario.name, table: table))
        }
        Terminal.print(CauseTables(outcomes: outcomes).text)
    }
}
