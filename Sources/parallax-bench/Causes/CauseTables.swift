import CommandSupport
import ParallaxCore
import Replay

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
            let (right, diverged) = (outcome.table.right, outcome.table.diverged)
            table.add(
                outcome.name, NumberFormat.count(outcome.table.agreed + diverged), NumberFormat.count(diverged),
                NumberFormat.count(right), diverged == 0 ? "-" : NumberFormat.share(right, of: diverged))
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
