import NIOCore
import ParallaxCore
import RedisLimiting

/// What an identity has spent before it is asked for: the state of its log in a measurement.
struct LoggedHistory: Equatable, Sendable {
    /// Units spent at once.
    struct Step: Equatable, Sendable {
        /// Before the time of the measurement.
        let ageMilliseconds: Int64
        let units: Int
    }

    /// The oldest first.
    let steps: [Step]

    init(steps: [Step]) {
        self.steps = steps
    }

    /// Single units, evenly apart.
    init(units: Int, everyMilliseconds: Int64, newestAgeMilliseconds: Int64) {
        steps = (0..<units).reversed().map {
            Step(ageMilliseconds: newestAgeMilliseconds + Int64($0) * everyMilliseconds, units: 1)
        }
    }
}

/// Lets identities spend units at times of the past, through the limiter itself: so their logs are what they would be.
struct HistoryWriter: Sendable {
    let limiter: RedisLimiter

    /// Lives through the histories, so many identities at once, each in its order.
    func live(
        _ lives: [(request: CheckRequest, history: LoggedHistory)], until now: Timestamp, callers: Int
    ) async -> LimiterLoad.Tally {
        await withTaskGroup(of: LimiterLoad.Tally.self) { group in
            for caller in 0..<min(callers, lives.count) {
                group.addTask {
                    var tally = LimiterLoad.Tally()
                    for place in stride(from: caller, to: lives.count, by: callers) where !Task.isCancelled {
                        tally = tally + (await live(lives[place].history, as: lives[place].request, until: now))
                    }
                    return tally
                }
            }
            return await group.reduce(LimiterLoad.Tally(), +)
        }
    }

    private func live(
        _ history: LoggedHistory, as request: CheckRequest, until now: Timestamp
    ) async -> LimiterLoad.Tally {
        var tally = LimiterLoad.Tally()
        for step in history.steps {
            guard
                let spending = try? CheckRequest(
                    identity: request.identity, policy: request.policy, cost: step.units)
            else { preconditionFailure("a step of a history costs more than the smallest limit") }
            tally.count(
                await limiter.check(
                    spending, at: now + -step.ageMilliseconds, deadline: .now() + .seconds(10)))
        }
        return tally
    }
}
