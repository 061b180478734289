package import ParallaxCore

/// Lets a service that needs no rollback run for days, and counts the rollbacks.
///
/// After each someone acknowledges it and sets the flags back within ten minutes, so the next can come as soon as the
/// hold-off lets it. Where response times are modelled, the service learns its baseline again every ten days: one older
/// than fourteen says nothing.
package struct FalseRollbackStudy: Sendable {
    /// Days between two baselines.
    static let daysOfBaseline = 10

    package var service: ModelledService
    package var condition: CandidateCondition
    /// When the condition holds; `nil` if it lasts.
    package var loop: CrashLoop?
    package var bar: FalseRollbacks.Bar?

    package init(
        _ service: ModelledService, _ condition: CandidateCondition = .healthy, loop: CrashLoop? = nil,
        bar: FalseRollbacks.Bar? = nil
    ) {
        self.service = service
        self.condition = condition
        self.loop = loop
        self.bar = bar
    }

    /// - Throws: ``RollbackSettingsError``, or `CancellationError`.
    package func run(days: Int, settings: RollbackSettings, seed: UInt64) throws -> FalseRollbacks {
        var seeds = SplitMix64(seed: seed)
        var seconds = ModelledSeconds(service, seed: seeds.next())
        let stretch = service.latency == nil ? days : FalseRollbackStudy.daysOfBaseline
        var rollbacks = 0
        for first in stride(from: 0, to: days, by: stretch) {
            // A baseline is learned at any time of the day.
            let start = Int64(first) * 86_400 + Int64(seeds.integer(in: 0...86_399))
            seconds.restart(seed: seeds.next())
            var watched = try WatchedService(service, seconds, settings: settings, startSecond: start)
            watched.learn()
            rollbacks += try count(in: &watched, days: min(stretch, days - first))
            seconds = watched.seconds
        }
        return FalseRollbacks(
            service: service, condition: condition, loop: loop, bar: bar, days: days, rollbacks: rollbacks)
    }

    private func count(in watched: inout WatchedService, days: Int) throws -> Int {
        var rollbacks = 0
        for day in 0..<days {
            try Task.checkCancellation()
            for second in 0..<86_400 {
                let holds = loop?.isDown(inSecond: day * 86_400 + second) ?? true
                if watched.step(holds ? condition : .healthy) != nil { rollbacks += 1 }
            }
        }
        return rollbacks
    }
}
