import ParallaxTesting
import DivergenceStore
import Foundation
import Logging
import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct SoakServiceTests {
    /// A watch in virtual time over a real database.
    private final class World: Sendable {
        let store: DivergenceStore
        let seconds = Mutex<Int64>(1_800_000_000)
        let inputs = Mutex(
            SoakService.Inputs(
                strategy: .hybrid, effectiveStrategy: .hybrid, contentHash: nil, counts: AlertCounts(), began: [:],
                evaluations: []))

        init(_ path: String) throws { store = try DivergenceStore(path: path) }

        func makeService() -> SoakService {
            SoakService(
                store: StoredSoakPeriod(store: store), instance: "a", logger: CapturedLog().logger,
                inputs: { self.inputs.withLock { $0 } },
                now: { Timestamp(milliseconds: self.seconds.withLock { $0 } * 1000) })
        }

        var now: Timestamp { Timestamp(milliseconds: seconds.withLock { $0 } * 1000) }

        /// Writes the flags, as anyone may.
        func change(
            to strategy: Strategy, from: Strategy, by: String = "unknown", effective: Strategy? = nil
        ) throws {
            let hash = "\(seconds.withLock { $0 })"
            func values(_ strategy: Strategy) -> FlagValues {
                FlagValues(
                    distributedEnabled: strategy != .legacy, hybrid: strategy == .hybrid, failOpen: false,
                    enforcementPercent: 0)
            }
            try store.append(
                FlagChange(time: now, by: by, reason: "r", from: values(from), to: values(strategy), contentHash: hash))
            inputs.withLock {
                ($0.strategy, $0.effectiveStrategy, $0.contentHash) = (strategy, effective ?? strategy, hash)
            }
        }

        /// A second with these answers.
        func pass(_ service: SoakService, answers: Int = 10, unavailable: Int = 0) async {
            seconds.withLock { $0 += 1 }
            inputs.withLock { inputs in
                inputs.counts.allowed += answers - unavailable
                inputs.counts.unavailable += unavailable
            }
            await service.update()
        }

        func evaluate(_ trigger: Trigger, _ state: TriggerState) {
            inputs.withLock {
                $0.evaluations = [
                    Evaluation(trigger: trigger, time: now, state: state, sentence: "a sentence")
                ]
            }
        }
    }

    private static func with(_ body: (World) async throws -> Void) async throws {
        try await withTemporaryFolder { try await body(World($0 + "/a.sqlite")) }
    }

    @Test("whichever program flips the file, a watch begins, and counts only what happens from then on")
    func counts() async throws {
        try await Self.with { world in
            let service = world.makeService()
            for _ in 0..<5 { await world.pass(service) }
            #expect(service.current == nil)
            try world.change(to: .distributedOnly, from: .hybrid)
            for _ in 0..<20 { await world.pass(service, unavailable: 1) }
            world.evaluate(.errorRate, .suspect)
            world.inputs.withLock { $0.began = [.refusalRate: 1] }
            await world.pass(service)
            world.evaluate(.errorRate, .ok)
            await world.pass(service)
            let (watch, tally) = try #require(service.current)
            #expect(watch.state(at: world.now, seen: tally) == .running(elapsed: 22_000))
            #expect(tally.answers == 220 && tally.unavailable == 20)
            #expect(tally.worst?.state == .suspect && tally.fired.isEmpty)
            #expect(tally.alerts == ["rate_limiting_high_denial_rate": 1])
            let events = try await world.store.report(DivergenceFilter(since: tally.since)).events
            #expect(
                events.contains { $0.kind == .alert && $0.text == "rate_limiting_high_denial_rate began on a" })
            #expect(
                events.contains { $0.kind == .flags && $0.text.hasPrefix("hybrid -> distributed_only, by unknown") })
        }
    }

    @Test("after a restart the same watch goes on with what was seen before")
    func restart() async throws {
        try await Self.with { world in
            try world.change(to: .distributedOnly, from: .hybrid)
            let first = world.makeService()
            for _ in 0..<11 { await world.pass(first) }
            let kept = try #require(try await StoredSoakPeriod(store: world.store).loadSoakTally())
            world.inputs.withLock { $0.counts = AlertCounts() }
            let second = world.makeService()
            await world.pass(second, answers: 3)
            #expect(second.current?.tally.answers == kept.answers + 3)
            #expect(kept.answers > 0)
        }
    }

    @Test("the verdict that broke a watch off is in it, and nothing after")
    func brokenOff() async throws {
        try await Self.with { world in
            let service = world.makeService()
            try world.change(to: .distributedOnly, from: .hybrid)
            for _ in 0..<3 { await world.pass(service) }
            world.evaluate(.redisDown, .firing)
            try world.change(to: .legacy, from: .distributedOnly, by: "parallax-evaluator")
            await world.pass(service)
            world.evaluate(.errorRate, .firing)
            await world.pass(service)
            let (watch, tally) = try #require(service.current)
            #expect(watch.brokenOff?.by == "parallax-evaluator")
            #expect(tally.fired == [.redisDown] && tally.answers == 30)
        }
    }

    @Test("48 hours later a watch that an instance left out has not passed, and goes on counting")
    func unwatched() async throws {
        try await Self.with { world in
            let service = world.makeService()
            try world.change(to: .distributedOnly, from: .hybrid)
            await world.pass(service)
            world.seconds.withLock { $0 += 48 * 3600 }
            await world.pass(service)
            let (watch, tally) = try #require(service.current)
            #expect(watch.state(at: world.now, seen: tally) == .running(elapsed: 120_000) && tally.answers == 20)
        }
    }

    @Test("an instance whose environment keeps it in another strategy watches nothing")
    func deviating() async throws {
        try await Self.with { world in
            let service = world.makeService()
            try world.change(to: .distributedOnly, from: .hybrid, effective: .legacy)
            for _ in 0..<90 { await world.pass(service) }
            let (watch, tally) = try #require(service.current)
            #expect(watch.state(at: world.now, seen: tally) == .running(elapsed: 0))
        }
    }

    @Test("watched for 48 hours it has passed, and counts no more")
    func passes() async throws {
        try await Self.with { world in
            let service = world.makeService()
            try world.change(to: .distributedOnly, from: .hybrid)
            for _ in 0..<48 * 60 {
                world.seconds.withLock { $0 += 59 }
                await world.pass(service)
            }
            let (watch, tally) = try #require(service.current)
            #expect(watch.state(at: world.now, seen: tally) == .passed)
            await world.pass(service)
            #expect(service.current?.tally.answers == tally.answers)
        }
    }
}
