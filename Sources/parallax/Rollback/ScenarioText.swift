import CommandSupport
import ParallaxCore
import Replay

/// What came of a scenario of one's own, as text.
struct ScenarioText {
    /// Rollbacks that are listed one by one.
    static let mostListed = 20

    let outcome: ScenarioOutcome
    let seed: UInt64
    let settings: RollbackSettings

    var text: String {
        var parts = [
            "Seed \(seed), \(NumberFormat.counted(outcome.scenario.days, "day")). "
                + RollbackSettingsText.text(settings)
        ]
        parts.append(rates)
        if let outages { parts.append(outages) }
        if !outcome.rollbacks.isEmpty { parts.append(list) }
        return parts.joined(separator: "\n\n")
    }

    private var rates: String {
        var table = TextTable([.left, .right, .right, .right])
        table.add("rolled back by", "in outages", "otherwise", "a day at most (95 %)")
        for trigger in Trigger.allCases {
            table.add(
                trigger.rawValue, NumberFormat.count(outcome.rollbacks(by: trigger, duringOutage: true)),
                NumberFormat.count(outcome.rollbacks(by: trigger, duringOutage: false)),
                NumberFormat.decimal(outcome.upperPerDay(by: trigger), places: 4))
        }
        return table.lines(indent: 0).joined(separator: "\n")
    }

    private var outages: String? {
        guard let outage = outcome.scenario.outage else { return nil }
        let noticed = outcome.outages.count { $0 != nil }
        let delay = { (share: Double) in outcome.delay(share: share).map { "\($0) s" } ?? "-" }
        return """
            \(Self.outages(outage, count: outcome.outages.count)): \
            \(NumberFormat.count(noticed)) rolled back, half of all within \(delay(0.5)), 95 % within \(delay(0.95)).
            """
    }

    private static func outages(_ outage: RollbackScenario.Outage, count: Int) -> String {
        let down = NumberFormat.span(seconds: outage.seconds)
        guard let up = outage.upSeconds else { return "\(NumberFormat.counted(count, "outage")) of \(down)" }
        return
            "\(NumberFormat.counted(count, "crash loop")) of an hour, \(down) down and \(NumberFormat.span(seconds: up)) up"
    }

    private var list: String {
        let lines = outcome.rollbacks.prefix(Self.mostListed).map { rollback in
            "day \(rollback.day + 1)  \(rollback.evaluation.time.text.dropFirst(11))  "
                + "\(rollback.evaluation.trigger.rawValue)  \(rollback.evaluation.sentence)"
        }
        let more = outcome.rollbacks.count - lines.count
        return (lines + (more > 0 ? ["and \(NumberFormat.count(more)) more"] : [])).joined(separator: "\n")
    }
}
