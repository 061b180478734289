import Logging
import ParallaxCore
import Testing

@testable import ParallaxService

/// Response times on their way through the service, in virtual time.
@Suite struct ResponseTimeServiceTests {
    private static var quickBaseline: RollbackSettings {
        var settings = RollbackSettings()
        settings.baselineMinimumSamples = 300
        settings.baselineMinimumSeconds = 0
        return settings
    }

    /// Lets seconds go by with twenty answers in each.
    private func run(
        _ world: RollbackWorld, seconds: Int, wait: Duration, isHeldOut: Bool = false, candidateWait: Duration = .zero
    ) async {
        for _ in 0..<seconds {
            for _ in 0..<20 {
                world.observer.recordResponseTime(
                    wait, strategy: world.strategy, isHeldOut: isHeldOut, candidateWait: candidateWait)
            }
            await world.run(seconds: 1)
        }
    }

    /// A world in hybrid, with a baseline of 10 ms.
    private func worldWithBaseline() async throws -> RollbackWorld {
        let world = try RollbackWorld(Self.quickBaseline)
        world.change { $0.flags.distributedEnabled = false }
        await run(world, seconds: 20, wait: .milliseconds(10))
        world.change { $0.flags = .defaultValue }
        await run(world, seconds: 80, wait: .milliseconds(10))
        try #require(world.triggerState(.responseTime) == .ok)
        return world
    }

    @Test("callers who never get an answer roll back, though no response time was ever counted of them")
    func neverAnswered() async throws {
        let world = try await worldWithBaseline()
        for second in 1...60 {
            world.change { state in
                // Twenty a second come and stay.
                for age in 0..<second { for _ in 0..<20 { state.waiting.record(.seconds(age)) } }
                state.waiting = state.waiting.samples(above: .zero)
            }
            await world.run(seconds: 1)
            world.change { $0.waiting = LatencyHistogram() }
            if world.strategy == .legacy { break }
        }
        #expect(world.strategy == .legacy)
        #expect(world.reasons.first?.contains("still unanswered") == true)
        #expect(world.record.rollbacks.first?.evaluation.trigger == .responseTime)
    }

    @Test("a rollback says how much of what was added the limiter caused")
    func limiterPart() async throws {
        let world = try await worldWithBaseline()
        await run(world, seconds: 300, wait: .milliseconds(50), candidateWait: .milliseconds(45))
        #expect(world.strategy == .legacy)
        #expect(world.reasons.first?.hasSuffix("added, the limiter caused all") == true)
        let figures = try #require(world.record.rollbacks.first).evaluation.numbers
        #expect(try #require(figures["limiterMilliseconds"]) > 30)
    }

    @Test("the hold-out is the yardstick once it has enough")
    func holdout() async throws {
        var settings = Self.quickBaseline
        settings.baselineHoldoutPercent = 10
        let world = try RollbackWorld(settings)
        for _ in 0..<100 {
            for _ in 0..<5 {
                world.observer.recordResponseTime(.milliseconds(40), strategy: .hybrid, isHeldOut: true)
            }
            await run(world, seconds: 1, wait: .milliseconds(50))
        }
        #expect(world.triggerState(.responseTime) == .ok)
        let sentence = try #require(world.service.health.evaluations.last).sentence
        #expect(sentence.contains("hold-out at most "))
    }

    @Test("a baseline that has become too old is said in the log once, and health tells")
    func stale() async throws {
        let world = try await worldWithBaseline()
        #expect(
            world.log.lines(.notice).count { $0.message.hasPrefix("The baseline of response times is complete") } == 1)
        world.change { $0.milliseconds += 14 * 86_400_000 + 1 }
        await world.run(seconds: 40)
        #expect(world.triggerState(.responseTime) == .inconclusive)
        #expect(world.log.lines(.warning).count { $0.message.contains("too old to compare with") } == 1)
        #expect(world.service.health.baselines[.service]?.stage == .stale)
    }

    @Test("a baseline survives a restart with its age")
    func restart() async throws {
        let world = try await worldWithBaseline()
        await world.service.synchronize()
        let next = try RollbackWorld(Self.quickBaseline, record: world.record)
        next.change { $0.milliseconds = 14 * 86_400_000 }
        await next.service.synchronize()
        #expect(next.service.health.baselines[.service]?.stage == .frozen)
        next.change { $0.milliseconds += 60_000 }
        #expect(next.service.health.baselines[.service]?.stage == .stale)
    }
}
