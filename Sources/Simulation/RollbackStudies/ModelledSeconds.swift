import ParallaxCore

/// What happens in one second of a modelled service, as its watchdog is told.
struct ModelledSecond: Equatable, Sendable {
    var attempts = AttemptTally()
    var waits = LatencyHistogram()
    var isProbeGood = true
}

/// Draws a modelled service's seconds, one after the other. The same seed gives the same seconds.
///
/// Requests come by themselves, so those of a second are Poisson-distributed; and so are, independently, those of them
/// that are decided, that fail and that find no Redis (thinning), which makes a second cost a few look-ups at any rate.
struct ModelledSeconds: Sendable {
    /// What a second's draws depend on.
    private struct Situation: Hashable {
        let rateStep: Int
        let latencyStep: Int
        let condition: CandidateCondition
        let isLegacy: Bool
    }

    /// A class, since it is handed on every second and copying its tables' references would cost as much as the draws.
    private final class Draws: Sendable {
        let decided: PoissonDraw
        let errors: PoissonDraw
        let outages: PoissonDraw
        let requests: PoissonDraw
        let wait: LatencyDraw?

        /// - Parameters:
        ///   - rate: Requests a second.
        ///   - answered: Those of them that find a Redis.
        init(rate: Double, answered: Double, errorShare: Double, wait: LatencyDraw?) {
            decided = PoissonDraw(mean: answered * (1 - errorShare))
            errors = PoissonDraw(mean: answered * errorShare)
            outages = PoissonDraw(mean: max(0, rate - answered))
            requests = PoissonDraw(mean: rate)
            self.wait = wait
        }
    }

    private let service: ModelledService
    private let rateCycle: DailyCycle
    private let latencyCycle: DailyCycle
    private var random: SplitMix64
    private var situation: Situation?
    private var draws: Draws?
    /// Draws made earlier: each day comes back to the situations of the last.
    private var made: [Situation: Draws] = [:]

    init(_ service: ModelledService, seed: UInt64) {
        self.service = service
        rateCycle = DailyCycle(swing: service.rateSwing)
        latencyCycle = DailyCycle(swing: service.latencySwing)
        random = SplitMix64(seed: seed)
    }

    /// Goes on with another random sequence, and what was made for the last.
    mutating func restart(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// - Parameters:
    ///   - second: The second of the simulation, whose days begin at midnight.
    ///   - condition: What the candidate does; in `legacy` only whether Redis answers its probes matters.
    mutating func next(atSecond second: Int64, _ condition: CandidateCondition, strategy: Strategy) -> ModelledSecond {
        let draws = draws(
            for: Situation(
                rateStep: rateCycle.step(atSecond: second), latencyStep: latencyCycle.step(atSecond: second),
                condition: condition, isLegacy: strategy == .legacy))
        var drawn = ModelledSecond()
        if condition.redisSuccessPercent < 100 {
            drawn.isProbeGood = random.unit() * 100 < condition.redisSuccessPercent
        }
        if strategy != .legacy {
            drawn.attempts.decided = draws.decided.next(&random)
            drawn.attempts.errors = draws.errors.next(&random)
            drawn.attempts.outages = draws.outages.next(&random)
        }
        if let wait = draws.wait {
            // Every request waits, whatever becomes of it.
            let attempts = drawn.attempts
            let requests =
                strategy == .legacy
                ? draws.requests.next(&random) : attempts.decided + attempts.errors + attempts.outages
            for _ in 0..<requests { drawn.waits.record(wait.next(&random)) }
        }
        return drawn
    }

    private mutating func draws(for situation: Situation) -> Draws {
        if situation == self.situation, let draws { return draws }
        let draws = made[situation] ?? makeDraws(for: situation)
        made[situation] = draws
        (self.situation, self.draws) = (situation, draws)
        return draws
    }

    private func makeDraws(for situation: Situation) -> Draws {
        let rate = service.requestsPerSecond * rateCycle.factor(inStep: situation.rateStep)
        let condition = situation.condition
        let answered = rate * condition.redisSuccessPercent / 100
        let errorShare = (condition.errorPercent ?? service.errorPercent) / 100
        let slowness =
            latencyCycle.factor(inStep: situation.latencyStep) * (situation.isLegacy ? 1 : condition.latencyFactor)
        return Draws(
            rate: rate, answered: answered, errorShare: errorShare,
            wait: service.latency.map { LatencyDraw($0, factor: slowness) })
    }
}
