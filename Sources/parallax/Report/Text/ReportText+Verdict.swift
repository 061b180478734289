import DivergenceStore
import ParallaxCore

/// Whether to go on, and every line that this was reached from.
extension ReportText {
    var verdict: [String] {
        guard let gate = report.gate else { return [] }
        var table = TextTable([.left, .left, .left, .left])
        for check in gate.checks {
            table.add(mark(check), check.name.rawValue, check.figure.escapedForTerminal, check.bound)
        }
        return [headline(gate)] + gate.reasons.map { "  - " + $0.escapedForTerminal } + [""] + table.lines()
    }

    private func headline(_ gate: Gate) -> String {
        switch gate.verdict {
        case .go: style.bold(style.green("GO")) + ": every check passes"
        case .wait: style.bold(style.yellow("WAIT")) + ": nothing speaks against going on, but too little for it"
        case .noGo: style.bold(style.red("NO-GO")) + ": this has to be mended or settled first"
        }
    }

    /// Plain words: a column of colours would not line up, and says nothing without colour.
    private func mark(_ check: GateCheck) -> String {
        switch check.outcome {
        case .pass: "pass"
        case .fail: "FAIL"
        case .cannotTell: "cannot tell"
        }
    }
}
