package import ParallaxCore

/// Lets a healthy service run until its windows are full, breaks it, and times the rollback; again and again.
///
/// The fault begins at any second between two evaluations.
package struct DetectionStudy: Sendable {
    /// How long a service has run well before something goes wrong, at least.
    static let healthySeconds = 600
    /// How long a rollback is waited for.
    package static let timeoutSeconds = 3_600

    package var service: ModelledService
    package var condition: CandidateCondition
    /// When the condition holds; `nil` if it lasts.
    package var loop: CrashLoop?
    package var barSeconds: Int?

    package init(
        _ service: ModelledService, _ condition: CandidateCondition, loop: CrashLoop? = nil, barSeconds: Int? = nil
    ) {
        self.service = service
        self.condition = condition
        self.loop = loop
        self.barSeconds = barSeconds
    }

    /// - Throws: ``RollbackSettingsError``, or `CancellationError`.
    package func run(runs: Int, settings: RollbackSettings, seed: UInt64) throws -> Detection {
        var seeds = SplitMix64(seed: seed)
        var seconds = ModelledSeconds(service, seed: 0)
        var delays: [Int] = []
        var triggers: [Trigger: Int] = [:]
        for _ in 0..<runs {
            try Task.checkCancellation()
            seconds.restart(seed: seeds.next())
            let start = Int64(seeds.integer(in: 0...86_399))
            var watched = try EvaluatedService(service, seconds, settings: settings, startSecond: start)
            watched.learn()
            let healthy = DetectionStudy.healthySeconds + seeds.integer(in: 0...settings.evaluationInterval - 1)
            // A rollback before the fault would be no detection: that run counts as one without.
            if time(&watched, .healthy, timeout: healthy) == nil,
                let (delay, trigger) = time(&watched, condition, loop, timeout: DetectionStudy.timeoutSeconds)
            {
                delays.append(delay)
                triggers[trigger, default: 0] += 1
            }
            seconds = watched.seconds
        }
        return Detection(
            service: service, condition: condition, loop: loop, barSeconds: barSeconds, runs: runs,
            delays: delays.sorted(),
            triggers: triggers)
    }

    /// The second of the first rollback, and which trigger asked for it.
    private func time(
        _ watched: inout EvaluatedService, _ condition: CandidateCondition, _ loop: CrashLoop? = nil, timeout: Int
    ) -> (delay: Int, trigger: Trigger)? {
        for second in 1...timeout {
            let holds = loop?.isDown(inSecond: second - 1) ?? true
            if let evaluation = watched.step(holds ? condition : .healthy) { return (second, evaluation.trigger) }
        }
        return nil
    }
}

/// How long it took to roll back a service that needed it, over many runs.
package struct Detection: Equatable, Sendable {
    package let service: ModelledService
    package let condition: CandidateCondition
    /// When the condition held; `nil` if it lasted.
    package var loop: CrashLoop?
    /// The most seconds that half of the runs may take; `nil` if the figure only helps to read the others.
    package let barSeconds: Int?
    package let runs: Int
    /// Seconds from the beginning of the fault to the rollback, in ascending order; without the runs that saw none.
    package let delays: [Int]
    /// How many runs each trigger ended.
    package let triggers: [Trigger: Int]

    /// `nil` if fewer than half of the runs saw a rollback.
    package var medianSeconds: Int? { quantile(0.5) }
    package var p95Seconds: Int? { quantile(0.95) }

    package var verdict: StudyVerdict? {
        barSeconds.map { bar in medianSeconds.map { $0 <= bar } ?? false ? .met : .missed }
    }

    /// The delay that a share of all runs does not exceed; those without a rollback count as endless.
    private func quantile(_ share: Double) -> Int? {
        let rank = Int((share * Double(runs)).rounded(.up))
        return (1...delays.count + 1).contains(rank) && rank <= delays.count ? delays[rank - 1] : nil
    }
}
