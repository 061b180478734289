import CommandSupport
import ParallaxCore
import Replay

/// What was replayed, as text for a terminal: the head above the report.
struct ReplayText {
    let outcome: ReplayOutcome
    let style: TerminalStyle

    var head: String {
        let plan = outcome.plan
        let seconds = max(0.001, outcome.elapsed / .seconds(1))
        let pace = NumberFormat.count(Int(Double(outcome.log.lines) / seconds))
        return
            ([
                style.bold(
                    "Replayed \(NumberFormat.count(outcome.judged)) requests through \(plan.simulation.instances) "
                        + "instance\(plan.simulation.instances == 1 ? "" : "s") "
                        + "(\(plan.simulation.balance.rawValue), \(plan.simulation.algorithm.rawValue)) "
                        + "and one shared limiter (\(plan.candidateName))"),
                "  limits: \(limits)",
                "  in \(NumberFormat.decimal(seconds, places: 1)) s, \(pace) lines a second",
            ] + LogTallyText(tally: outcome.log).lines + refused + order).joined(separator: "\n")
    }

    private var limits: String {
        outcome.plan.policy.windows.map {
            "\($0.name.escapedForTerminal) \(NumberFormat.count($0.limit)) in \(NumberFormat.exactSpan(milliseconds: $0.durationMilliseconds))"
        }.joined(separator: ", ")
    }

    private var refused: [String] {
        guard outcome.log.answered429 > 0 else { return [] }
        return [
            "\(NumberFormat.count(outcome.log.answered429)) of the requests were answered with 429 when they were made; "
                + "they are judged as all others"
        ]
    }

    private var order: [String] {
        let order = outcome.order
        guard order != ReorderTally() else { return ["All requests stood in the order of their times."] }
        let window = NumberFormat.exactSpan(milliseconds: outcome.plan.reorderMilliseconds)
        let counts =
            "\(NumberFormat.count(order.putInOrder)) requests stepped back in time and were put in order; "
            + "\(NumberFormat.count(order.tooLate)) by more than \(window), and were judged at the latest time seen"
        // One in a hundred, and the times of the rest are hardly what was.
        guard order.tooLate > outcome.judged / 100 else { return [counts] }
        return [
            counts,
            style.red("So many are too late that the forecast is doubtful:")
                + " join files oldest first, or raise --reorder.",
        ]
    }
}
