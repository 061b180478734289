import Foundation
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
            var watched = try EvaluatedService(service, seconds, settings: settings, startSecond: start)
            watched.learn()
            rollbacks += try count(in: &watched, days: min(stretch, days - first))
            seconds = watched.seconds
        }
        return FalseRollbacks(
            service: service, condition: condition, loop: loop, bar: bar, days: days, rollbacks: rollbacks)
    }

    private func count(in watched: inout EvaluatedService, days: Int) throws -> Int {
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

/// How often a service that needs no rollback is rolled back all the same.
package struct FalseRollbacks: Equatable, Sendable {
    /// What the figure must be.
    package enum Bar: Equatable, Sendable {
        /// The upper confidence bound must be below this many a day.
        case below(perDay: Double)
        /// Not one in as many days, at least.
        case never(inDays: Int)
    }

    package let service: ModelledService
    package let condition: CandidateCondition
    /// When the condition held; `nil` if it lasted.
    package var loop: CrashLoop?
    /// `nil` if the figure only helps to read the others.
    package let bar: Bar?
    package let days: Int
    package let rollbacks: Int

    package var perDay: Double { Double(rollbacks) / Double(days) }
    /// The most that the days do not contradict, at 95 %.
    package var upperPerDay: Double { RareEvents.upperBound(events: rollbacks) / Double(days) }

    package var verdict: StudyVerdict? {
        switch bar {
        case .below(let most): perDay >= most ? .missed : upperPerDay < most ? .met : .undecided
        case .never(let least): rollbacks > 0 ? .missed : days >= least ? .met : .undecided
        case nil: nil
        }
    }
}

/// How often something that was seen a few times may really happen.
enum RareEvents {
    /// The largest mean at which so few events would still be seen once in twenty tries: the exact upper bound of a
    /// Poisson mean at 95 % (Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28, 1936). 3 for none.
    static func upperBound(events: Int) -> Double {
        precondition(events >= 0, "events are counted from 0")
        var (low, high) = (Double(events), 3 * Double(events) + 10)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if chance(ofAtMost: events, mean: middle) > 0.05 { low = middle } else { high = middle }
        }
        return high
    }

    private static func chance(ofAtMost events: Int, mean: Double) -> Double {
        (0...events).reduce(0) { $0 + exp(Double($1) * log(mean) - mean - lgamma(Double($1) + 1)) }
    }
}
