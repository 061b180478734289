import ArgumentParser
import CommandSupport
import ParallaxCore
import Simulation

/// `parallax-bench causes`
struct BenchCauses: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "causes",
        abstract: "Compare the causes given to divergences with the true ones, in modelled fleets.",
        discussion: """
            Runs the real limiters and the real comparing in virtual time: fleets of 1 to 8 instances, restarts, \
            losses in Redis, clocks that step, other algorithms. The true cause is found from complete histories, the \
            given one from what one instance can know. Prints a line for each scenario, and \
            how often each true cause was given which.
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

extension BenchCauses {
    /// The scenarios' outcomes as text: one line each, and all of them as one confusion table.
    struct CauseTables {
        struct Outcome {
            let name: String
            let table: ConfusionTable
        }

        let outcomes: [Outcome]

        var text: String { (scenarios + [""] + confusion).joined(separator: "\n") }

        private var scenarios: [String] {
            var table = TextTable([.left, .right, .right, .right, .right])
            table.add("scenario", "compared", "diverged", "true cause", "share")
            for outcome in outcomes {
                let (correct, diverged) = (outcome.table.correct, outcome.table.diverged)
                table.add(
                    outcome.name, NumberFormat.count(outcome.table.agreed + diverged), NumberFormat.count(diverged),
                    NumberFormat.count(correct), diverged == 0 ? "-" : NumberFormat.share(correct, of: diverged))
            }
            return table.lines()
        }

        private var confusion: [String] {
            let all = outcomes.reduce(into: ConfusionTable()) { $0 += $1.table }
            let causes = DivergenceCause.allCases.filter { all.actual($0) + all.given($0) > 0 }
            var table = TextTable([.left] + causes.map { _ in .right })
            table.addRow(["true / given"] + causes.map(\.rawValue))
            for truth in causes {
                table.addRow(
                    [truth.rawValue]
                        + causes.map { given in
                            let count = all.counts[truth]?[given] ?? 0
                            return count == 0 ? "." : NumberFormat.count(count)
                        })
            }
            return table.lines()
        }
    }
}
