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
        let pace = Figures.count(Int(Double(outcome.log.lines) / seconds))
        return
            ([
                style.bold(
                    "Replayed \(Figures.count(outcome.judged)) requests through \(plan.simulation.instances) "
                        + "instance\(plan.simulation.instances == 1 ? "" : "s") "
                        + "(\(plan.simulation.balance.rawValue), \(plan.simulation.algorithm.rawValue)) "
                        + "and one shared limiter (\(plan.candidateName))"),
                "  limits: \(limits)",
                "  in \(Figures.decimal(seconds, places: 1)) s, \(pace) lines a second",
            ] + LogTallyText(tally: outcome.log).lines + refused + order).joined(separator: "\n")
    }

    private var limits: String {
        outcome.plan.policy.windows.map {
            "\($0.name.escapedForTerminal) \(Figures.count($0.limit)) in \(Figures.duration($0.durationMilliseconds))"
        }.joined(separator: ", ")
    }

    private var refused: [String] {
        guard outcome.log.answered429 > 0 else { return [] }
        return [
            "\(Figures.count(outcome.log.answered429)) of the requests were answered with 429 when they were made; "
                + "they are judged as all others"
        ]
    }

    private var order: [String] {
        let order = outcome.order
        guard order != ReorderTally() else { return ["All requests stood in the order of their times."] }
        let window = Figures.duration(outcome.plan.reorderMilliseconds)
        let counts =
            "\(Figures.count(order.putInOrder)) requests stepped back in time and were put in order; "
            + "\(Figures.count(order.tooLate)) by more than \(window), and were judged at the latest time seen"
        // One in a hundred, and the times of the rest are hardly what was.
        guard order.tooLate > outcome.judged / 100 else { return [counts] }
        return [
            counts,
            style.red("So many are too late that the forecast is doubtful:")
                + " join files oldest first, or raise --reorder.",
        ]
    }
}

extension Figures {
    /// How long a window lasts: `10 s`, `1 h`, `1.5 s`.
    static func duration(_ milliseconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")]
        let unit = units.first { milliseconds > 0 && milliseconds.isMultiple(of: $0.0) } ?? (1, "ms")
        return "\(count(Int(milliseconds / unit.0))) \(unit.1)"
    }
}
