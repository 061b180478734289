import ArgumentParser
import CommandSupport
import ParallaxCore
import Simulation

/// A service of one's own to simulate.
struct ScenarioOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Requests a second.", valueName: "number"))
    var rate: Double?

    @Option(help: ArgumentHelp("The true share of the candidate's decisions that fail.", valueName: "percent"))
    var errors: Double?

    @Option(help: ArgumentHelp("What half of the callers wait at most without Redis.", valueName: "milliseconds"))
    var latencyMedian: Double?

    @Option(help: ArgumentHelp("How far waits spread: the deviation of their logarithm.", valueName: "number"))
    var latencySpread: Double?

    @Option(help: ArgumentHelp("How many times longer callers wait with Redis.", valueName: "factor"))
    var latencyFactor: Double?

    @Option(help: ArgumentHelp("Redis is away once a day for this long, such as 5m.", valueName: "duration"))
    var outage: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "The outage comes again after this long, for an hour: a Redis that crashes again and again.",
            valueName: "duration"))
    var outageUp: DurationArgument?

    @Option(help: ArgumentHelp("The share of probes that succeed meanwhile.", valueName: "percent"))
    var probeSuccess: Double?

    @Option(help: ArgumentHelp("How far the rate swings over a day, of itself.", valueName: "percent"))
    var dailySwing: Double?

    var isEmpty: Bool {
        [rate, errors, latencyMedian, latencySpread, latencyFactor, probeSuccess, dailySwing].allSatisfy { $0 == nil }
            && outage == nil && outageUp == nil
    }

    func validate() throws {
        try check(rate, "--rate", 0.001...100_000, "a second")
        try check(errors, "--errors", 0...100, "%")
        try check(latencyMedian, "--latency-median", 0.01...60_000, "ms")
        try check(latencySpread, "--latency-spread", 0.01...5, "")
        try check(latencyFactor, "--latency-factor", 0.01...1_000, "")
        try check(probeSuccess, "--probe-success", 0...100, "%")
        try check(dailySwing, "--daily-swing", 0...99, "%")
        if let outage, !(1_000...43_200_000).contains(outage.milliseconds) {
            throw ValidationError("--outage must be from 1s to 12h.")
        }
        if let outageUp, !(1_000...3_600_000).contains(outageUp.milliseconds) {
            throw ValidationError("--outage-up must be from 1s to 1h.")
        }
        if outage == nil, probeSuccess != nil || outageUp != nil {
            throw ValidationError("--probe-success and --outage-up belong to --outage.")
        }
    }

    func makeScenario(days: Int) -> RollbackScenario {
        var service = ModelledService(
            requestsPerSecond: rate ?? 10, errorPercent: errors ?? 0, rateSwing: (dailySwing ?? 0) / 100)
        if latencyMedian != nil || latencySpread != nil || latencyFactor != nil {
            service.latency = LatencyShape(medianMilliseconds: latencyMedian ?? 20, spread: latencySpread ?? 1)
        }
        var scenario = RollbackScenario(service)
        scenario.latencyFactor = latencyFactor ?? 1
        scenario.outage = outage.map { outage in
            RollbackScenario.Outage(
                seconds: Int(outage.milliseconds / 1000), successPercent: probeSuccess ?? 0,
                upSeconds: outageUp.map { Int($0.milliseconds / 1000) })
        }
        scenario.days = days
        return scenario
    }

    private func check(_ value: Double?, _ name: String, _ range: ClosedRange<Double>, _ unit: String) throws {
        guard let value, !range.contains(value) else { return }
        let bounds = "\(NumberFormat.plain(range.lowerBound)) to \(NumberFormat.plain(range.upperBound))"
        throw ValidationError("\(name) must be from \(bounds)\(unit.isEmpty ? "" : " " + unit).")
    }
}

/// What came of a scenario of one's own, as text.
struct ScenarioText {
    /// Rollbacks that are listed one by one.
    static let maximumListed = 20

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
        let lines = outcome.rollbacks.prefix(Self.maximumListed).map { rollback in
            "day \(rollback.day + 1)  \(rollback.evaluation.time.text.dropFirst(11))  "
                + "\(rollback.evaluation.trigger.rawValue)  \(rollback.evaluation.sentence)"
        }
        let more = outcome.rollbacks.count - lines.count
        return (lines + (more > 0 ? ["and \(NumberFormat.count(more)) more"] : [])).joined(separator: "\n")
    }
}
