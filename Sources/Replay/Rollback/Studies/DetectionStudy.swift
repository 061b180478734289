package import ParallaxCore

/// Lets a healthy service run until its windows are full, breaks it, and times the rollback; again and again.
///
/// The fault begins at any second between two evaluations.
package struct DetectionStudy: Sendable {
    /// How long a service has run well before something goes wrong, at least.
    static let healthySeconds = 600
    /// How long a rollback is waited for.
    package static let patienceSeconds = 3_600

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
            var watched = try WatchedService(service, seconds, settings: settings, startSecond: start)
            watched.learn()
            let healthy = DetectionStudy.healthySeconds + seeds.integer(in: 0...settings.evaluationInterval - 1)
            // A rollback before the fault would be no detection: that run counts as one without.
            if time(&watched, .healthy, patience: healthy) == nil,
                let (delay, trigger) = time(&watched, condition, loop, patience: DetectionStudy.patienceSeconds)
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
        _ watched: inout WatchedService, _ condition: CandidateCondition, _ loop: CrashLoop? = nil, patience: Int
    ) -> (delay: Int, trigger: Trigger)? {
        for second in 1...patience {
            let holds = loop?.isDown(inSecond: second - 1) ?? true
            if let evaluation = watched.step(holds ? condition : .healthy) { return (second, evaluation.trigger) }
        }
        return nil
    }
}
