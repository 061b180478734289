import CommandSupport
import ParallaxCore
import RedisLimiting
import Replay

/// Callers of the limiter, each asking again as soon as it was answered.
struct LimiterLoad: Sendable {
    /// What the callers got.
    struct Tally: Equatable, Sendable {
        var allowed = 0
        var limited = 0
        var unavailable = 0

        mutating func count(_ decision: Decision) {
            switch decision.outcome {
            case .allowed: allowed += 1
            case .limited: limited += 1
            case .unavailable: unavailable += 1
            }
        }

        static func + (one: Tally, other: Tally) -> Tally {
            Tally(
                allowed: one.allowed + other.allowed, limited: one.limited + other.limited,
                unavailable: one.unavailable + other.unavailable)
        }

        /// What was answered with something else than was to be measured says nothing.
        func mustBe(_ expected: KeyPath<Tally, Int>, _ word: String) throws {
            let all = allowed + limited + unavailable
            guard self[keyPath: expected] != all else { return }
            throw CommandFailure(
                .failure,
                "of \(all) decisions \(allowed) were allowed, \(limited) limited and \(unavailable) unavailable; all should have been \(word)",
                remedy: "Measure on a machine that does nothing else.")
        }
    }

    let limiter: RedisLimiter
    let requests: [CheckRequest]

    /// Asks about identities at random, so many callers at once.
    ///
    /// - Parameter calls: In all.
    /// - Returns: Calls a second.
    func ask(calls: Int, callers: Int) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let tally = await withTaskGroup(of: Tally.self) { group in
            for caller in 0..<callers {
                let share = (calls + callers - 1 - caller) / callers
                group.addTask { await ask(share, seed: UInt64(caller)) }
            }
            return await group.reduce(Tally(), +)
        }
        let elapsed = start.duration(to: clock.now)
        try Task.checkCancellation()
        try tally.mustBe(\.allowed, "allowed")
        return Double(calls) / (elapsed / .seconds(1))
    }

    private func ask(_ calls: Int, seed: UInt64) async -> Tally {
        var random = SplitMix64(seed: seed)
        var tally = Tally()
        for _ in 0..<calls where !Task.isCancelled {
            tally.count(await limiter.check(requests[Int.random(in: 0..<requests.count, using: &random)], at: nil))
        }
        return tally
    }

    /// Asks about identities at random, one call after the other.
    ///
    /// - Returns: How long each call took, in milliseconds, the shortest first.
    func askAlone(calls: Int) async throws -> [Double] {
        var random = SplitMix64(seed: 0)
        var tally = Tally()
        var times: [Double] = []
        times.reserveCapacity(calls)
        let clock = ContinuousClock()
        for _ in 0..<calls {
            let request = requests[Int.random(in: 0..<requests.count, using: &random)]
            let start = clock.now
            let decision = await limiter.check(request, at: nil)
            times.append(start.duration(to: clock.now) / .milliseconds(1))
            tally.count(decision)
            try Task.checkCancellation()
        }
        try tally.mustBe(\.allowed, "allowed")
        return times.sorted()
    }

    /// Asks about every identity once, in their order, so many callers at once.
    func askEach(callers: Int) async throws -> Tally {
        let tally = await withTaskGroup(of: Tally.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var tally = Tally()
                    for place in stride(from: caller, to: requests.count, by: callers) where !Task.isCancelled {
                        tally.count(await limiter.check(requests[place], at: nil))
                    }
                    return tally
                }
            }
            return await group.reduce(Tally(), +)
        }
        try Task.checkCancellation()
        return tally
    }
}
