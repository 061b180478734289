import DivergenceStore
import ParallaxCore

/// Whether to go on, and every line that this was reached from.
extension ReportText {
    /// The decision and its checks, as a promotion prints them.
    var verdict: [String] { decision.isEmpty ? [] : decision + [""] + checks }

    var decision: [String] {
        guard let gate = report.gate else { return [] }
        return [headline(gate)] + gate.reasons.map { "  - " + $0.escapedForTerminal }
    }

    var checks: [String] {
        guard let gate = report.gate else { return [] }
        var table = TextTable([.left, .left, .left, .left])
        for check in gate.checks {
            table.add(mark(check), check.name.rawValue, check.figure.escapedForTerminal, check.bound)
        }
        return table.lines()
    }

    private func headline(_ gate: Gate) -> String {
        switch gate.verdict {
        case .go: style.bold(style.green("GO")) + ": every check passes"
        case .wait: style.bold(style.yellow("WAIT")) + ": no blocking check, but not enough data yet"
        case .noGo: style.bold(style.red("NO-GO")) + ": fix or settle the following first"
        }
    }

    /// Plain words: a column of colours would not line up, and says nothing without colour.
    private func mark(_ check: GateCheck) -> String {
        switch check.outcome {
        case .pass: "pass"
        case .fail: "FAIL"
        case .notYet: "not yet"
        case .cannotTell: "cannot tell"
        }
    }
}
