import ArgumentParser

/// How a measurement's figures are given out.
struct BenchReport: ParsableArguments {
    @Flag(help: "Print the figures, and every round behind them, as JSON.")
    var json = false

    @Flag(help: "Exit with 1 if a bound is missed.")
    var gate = false

    /// Ends the command if a bound was missed and that is to count.
    func enforce(_ figures: [BoundedFigure]) throws {
        if gate, figures.contains(where: { $0.isKept == false }) { throw ExitCode(1) }
    }
}
