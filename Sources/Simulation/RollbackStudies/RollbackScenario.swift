package import ParallaxCore

/// A service of someone's own description, run for days.
package struct RollbackScenario: Equatable, Sendable {
    /// Redis is away once a day, at any time of it.
    package struct Outage: Equatable, Sendable {
        package var seconds: Int
        /// The share of probes and decisions that are answered all the same.
        package var successPercent: Double
        /// How long Redis is up before it goes down again, for an hour; `nil` if it stays up.
        package var upSeconds: Int?

        package init(seconds: Int, successPercent: Double, upSeconds: Int? = nil) {
            self.seconds = seconds
            self.successPercent = successPercent
            self.upSeconds = upSeconds
        }

        /// From its beginning to the last end.
        package var wholeSeconds: Int { upSeconds == nil ? seconds : max(3_600, seconds) }

        func isDown(inSecond second: Int) -> Bool {
            guard (0..<wholeSeconds).contains(second) else { return false }
            return upSeconds.map { CrashLoop(downSeconds: seconds, upSeconds: $0).isDown(inSecond: second) } ?? true
        }
    }

    package var service: ModelledService
    /// How many times longer callers wait while the candidate is in play.
    package var latencyFactor = 1.0
    package var outage: Outage?
    package var days = 100

    package init(_ service: ModelledService) {
        self.service = service
    }

    /// - Throws: ``RollbackSettingsError``, or `CancellationError`.
    package func run(settings: RollbackSettings, seed: UInt64) throws -> ScenarioOutcome {
        var seeds = SplitMix64(seed: seed)
        var seconds = ModelledSeconds(service, seed: seeds.next())
        var outcome = ScenarioOutcome(scenario: self)
        let stretch = service.latency == nil ? days : FalseRollbackStudy.daysOfBaseline
        for first in stride(from: 0, to: days, by: stretch) {
            seconds.restart(seed: seeds.next())
            var evaluated = try EvaluatedService(
                service, seconds, settings: settings, startSecond: Int64(first) * 86_400)
            evaluated.learn()
            for day in first..<min(days, first + stretch) {
                try Task.checkCancellation()
                run(&evaluated, day: day, &seeds, &outcome)
            }
            seconds = evaluated.seconds
        }
        return outcome
    }

    private func run(
        _ evaluated: inout EvaluatedService, day: Int, _ seeds: inout SplitMix64, _ outcome: inout ScenarioOutcome
    ) {
        let usual = CandidateCondition(latencyFactor: latencyFactor)
        let down = CandidateCondition(
            redisSuccessPercent: outage?.successPercent ?? 100, latencyFactor: latencyFactor)
        let length = outage?.wholeSeconds ?? 0
        let start = seeds.integer(in: 0...86_400 - length)
        // What an outage leaves in the windows fires on its account, too.
        let aftermath = evaluated.evaluator.settings.errorWindowSeconds
        var delay: Int?
        for second in 0..<86_400 {
            let since = second - start
            let isDown = outage?.isDown(inSecond: since) == true
            guard let evaluation = evaluated.step(isDown ? down : usual) else { continue }
            let isOfOutage = length > 0 && (0..<length + aftermath).contains(since)
            if isOfOutage { delay = delay ?? since + 1 }
            outcome.rollbacks.append(
                ScenarioOutcome.Rollback(day: day, evaluation: evaluation, isDuringOutage: isOfOutage))
        }
        if length > 0 { outcome.outages.append(delay) }
    }
}

/// What came of a scenario.
package struct ScenarioOutcome: Equatable, Sendable {
    package struct Rollback: Equatable, Sendable {
        /// From 0.
        package let day: Int
        package let evaluation: Evaluation
        /// Whether Redis was away, or had been within the long window.
        package let isDuringOutage: Bool
    }

    package let scenario: RollbackScenario
    package var rollbacks: [Rollback] = []
    /// For each outage the seconds until the rollback; `nil` if there was none.
    package var outages: [Int?] = []

    package func rollbacks(by trigger: Trigger, duringOutage: Bool) -> Int {
        rollbacks.count { $0.evaluation.trigger == trigger && $0.isDuringOutage == duringOutage }
    }

    /// The most rollbacks a day outside outages that the days do not contradict, at 95 %.
    package func upperPerDay(by trigger: Trigger) -> Double {
        RareEvents.upperBound(events: rollbacks(by: trigger, duringOutage: false)) / Double(scenario.days)
    }

    /// The delay that a share of the outages does not exceed; `nil` if that many were never noticed.
    package func delay(share: Double) -> Int? {
        let noticed = outages.compactMap(\.self).sorted()
        let rank = max(1, Int((share * Double(outages.count)).rounded(.up)))
        return rank <= noticed.count ? noticed[rank - 1] : nil
    }
}
