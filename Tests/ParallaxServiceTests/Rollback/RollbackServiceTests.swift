import Logging
import ParallaxCore
import ParallaxTesting
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct RollbackServiceTests {
    @Test("Redis gone for two minutes flips the flags, and the whole story is kept")
    func redisDown() async throws {
        let world = try RollbackWorld()
        await world.run(seconds: 60)
        world.change { $0.isRedisUp = false }
        await world.run(seconds: 120, decided: 0, outages: 10)
        #expect(world.strategy == .hybrid)
        // The first evaluation comes at second 1, so the one that sees more than 120 s at second 191.
        await world.run(seconds: 11, decided: 0, outages: 10)
        #expect(world.strategy == .legacy)
        // What failed because Redis was gone is not an error.
        #expect(world.triggerState(.errorRate) == .ok)
        let rollback = try #require(world.record.rollbacks.first)
        #expect(rollback.evaluation.trigger == .redisDown)
        #expect(!rollback.isDryRun)
        #expect(rollback.flagsBefore.strategy == .hybrid)
        #expect(rollback.flagsAfter.strategy == .legacy)
        #expect(world.reasons == ["parallax-evaluator: \(rollback.evaluation.sentence)"])
        #expect(world.record.latch.isLatched)
        #expect(world.record.contents.withLock(\.evaluations).count == 20)
    }

    @Test("a Redis that is down is noticed when its time is up, wherever between two evaluations", arguments: 60..<71)
    func noticedInTime(healthySeconds: Int) async throws {
        let world = try RollbackWorld()
        await world.run(seconds: healthySeconds)
        world.change { $0.isRedisUp = false }
        // The first failure comes with the first second; 120 s after it are not more than 120 s.
        await world.run(seconds: 121, decided: 0, outages: 10)
        #expect(world.strategy == .hybrid)
        await world.run(seconds: 1, decided: 0, outages: 10)
        #expect(world.strategy == .legacy)
        let evaluations = world.record.contents.withLock(\.evaluations)
        // Only the one evaluation came early.
        #expect(evaluations.count <= (healthySeconds + 122) / 10 + 2)
    }

    @Test("the evidence of a rollback says what failed, how often and since when")
    func failures() async throws {
        let world = try RollbackWorld()
        await world.run(seconds: 100)
        await world.run(seconds: 60, decided: 5, errors: 3, outages: 2)
        let evaluation = try #require(world.record.rollbacks.first?.evaluation)
        #expect(evaluation.sentence.contains(/; failed for [0-9]+ s: error [0-9]+, timed_out [0-9]+$/))
        #expect(evaluation.numbers["failures.error"].map { $0 > 30 } == true)
        #expect(evaluation.numbers["failures.timed_out"].map { $0 > 20 } == true)
        #expect(evaluation.failuresBegan == Timestamp(milliseconds: 1_800_000_101_000))
    }

    @Test("a rollback says loudly that limits are now multiplied by the number of instances")
    func loud() async throws {
        let world = try RollbackWorld()
        await world.run(seconds: 100)
        await world.run(seconds: 60, decided: 0, errors: 10)
        let line = try #require(world.log.lines(.critical).first)
        #expect(world.log.lines(.critical).count == 1)
        #expect(line.message.contains("multiplies the limits by the number of instances"))
        #expect(line.metadata["trigger"] == "error_rate")
        #expect(line.metadata["previous_strategy"] == "hybrid")
        #expect(line.metadata["sentence"]?.hasPrefix("error rate ") == true)
    }

    @Test("a record that throws delays no flip, and gets everything once it works")
    func lockedRecord() async throws {
        let world = try RollbackWorld()
        world.record.lock(true)
        await world.run(seconds: 60)
        await world.run(seconds: 60, decided: 0, errors: 10)
        #expect(world.strategy == .legacy)
        #expect(world.service.health.lastRollback?.trigger == .errorRate)
        #expect(world.service.health.unrecorded == 12 + 2)
        #expect(!world.service.health.isRestored)
        world.record.lock(false)
        await world.service.synchronize()
        #expect(world.record.rollbacks.count == 1)
        #expect(world.record.latch.isLatched)
        #expect(world.record.contents.withLock(\.evaluations).count == 12)
        #expect(world.service.health.unrecorded == 0)
        // Told once when it began and once when it ended, not at every try.
        #expect(world.log.lines(.error).count == 1)
        #expect(world.log.lines.filter { $0.message.hasSuffix("written and read again") }.count == 1)
    }

    @Test("a record that can be read and not written does not undo the latching")
    func staleLatch() async throws {
        let world = try RollbackWorld()
        await world.run(seconds: 100)
        world.record.contents.withLock { $0.isReadOnly = true }
        await world.run(seconds: 60, decided: 0, errors: 10)
        try #require(world.strategy == .legacy)
        world.change { $0.flags = .defaultValue }
        await world.run(seconds: 100, decided: 0, errors: 10)
        #expect(world.reasons.count == 1)
        world.record.contents.withLock { $0.isReadOnly = false }
        await world.run(seconds: 100, decided: 0, errors: 10)
        #expect(world.reasons.count == 1)
        #expect(world.record.latch.isLatched)
    }

    @Test("flags that cannot be written are tried again at the next evaluation, and nothing is latched before")
    func brokenFlagFile() async throws {
        let world = try RollbackWorld()
        await world.run(seconds: 100)
        world.change { $0.isFlagFileBroken = true }
        await world.run(seconds: 60, decided: 0, errors: 10)
        #expect(world.service.health.latch == .armed)
        #expect(world.log.lines(.critical).count > 1)
        #expect(world.log.lines(.critical).allSatisfy { $0.message.contains("could not be flipped") })
        world.change { $0.isFlagFileBroken = false }
        await world.run(seconds: 10, decided: 0, errors: 10)
        #expect(world.strategy == .legacy)
        #expect(world.record.rollbacks.count == 1)
    }

    @Test("a dry run is recorded and flips nothing")
    func dryRun() async throws {
        var settings = RollbackSettings()
        settings.dryRun = [.errorRate]
        let world = try RollbackWorld(settings)
        await world.run(seconds: 100)
        await world.run(seconds: 100, decided: 0, errors: 10)
        #expect(world.strategy == .hybrid)
        #expect(world.record.rollbacks.map(\.isDryRun) == [true])
        #expect(world.record.rollbacks[0].flagsAfter == world.record.rollbacks[0].flagsBefore)
        #expect(!world.record.latch.isLatched)
    }

    @Test("a rollback that finds the flags at legacy already is recorded as one that changed nothing")
    func alreadyLegacy() async throws {
        let world = try RollbackWorld()
        await world.run(seconds: 100)
        // Another instance that shares the file flips it between this one's evaluation and its flip.
        let flags = FlagValues(distributedEnabled: false, hybrid: true, failOpen: false, enforcementPercent: 0)
        let service = try RollbackService(
            observer: world.observer, flags: { .defaultValue }, probe: { true },
            flipToLegacy: { _, _, _ in LegacyFlip(before: flags, after: flags) },
            record: world.record, logger: world.log.logger, now: world.service.now)
        for _ in 0..<7 {
            world.change { $0.milliseconds += 10_000 }
            for _ in 0..<50 {
                world.observer.attempted(Observation(decision: .unavailable(.error), duration: .zero))
            }
            await service.evaluate()
        }
        await service.synchronize()
        #expect(world.record.rollbacks.map(\.isDryRun) == [true])
    }

    @Test("a probe that has not answered when the next is due has failed, and its late answer counts nowhere")
    func overdueProbe() {
        var turn = ProbeOverlapGuard()
        let starts = [turn.start(), turn.start()]
        #expect(starts == [1, nil])
        let late = turn.end(1)
        #expect(!late)
        let next = turn.start()
        #expect(next == 2)
        let ends = [turn.end(1), turn.end(2), turn.end(2)]
        #expect(ends == [false, true, false])
    }

    @Test("a probe that never answers counts as a Redis that is down")
    func hangingProbe() async throws {
        let world = try RollbackWorld()
        let (answers, answer) = AsyncStream<Bool>.makeStream()
        let service = try RollbackService(
            observer: world.observer, flags: { .defaultValue },
            probe: {
                for await success in answers { return success }
                return false
            }, flipToLegacy: { _, _, _ in LegacyFlip(before: .defaultValue, after: .defaultValue) },
            record: world.record,
            logger: world.log.logger,
            now: world.service.now)
        async let hanging: Void = service.probeOnce()
        while service.state.withLock({ $0.probe == ProbeOverlapGuard() }) { await Task.yield() }
        for _ in 0..<13 {
            world.change { $0.milliseconds += 10_000 }
            await service.probeOnce()
            await service.evaluate()
        }
        #expect(service.health.evaluations[0].state == .suspect)
        world.change { $0.milliseconds += 1_000 }
        await service.evaluate()
        #expect(service.health.evaluations[0].state == .firing)
        answer.yield(true)
        await hanging
        await service.evaluate()
        #expect(service.health.evaluations[0].state == .firing)
    }
}
