@testable import FeatureFlags
import Foundation
import ParallaxCore
import Testing

@testable import ParallaxService

/// Evaluators that share a flag file, in virtual time.
@Suite struct SharedFileTests {
    /// Two instances that lost Redis at the same time and were rolled back.
    private func withRolledBack(
        instances: Int = 2, _ body: (SharedFileWorld) async throws -> Void
    ) async throws {
        try await FlagFolder.with { folder in
            let world = try await SharedFileWorld(instances: instances, in: folder)
            await world.run(seconds: 30)
            for member in world.members { member.isRedisUp.value = false }
            await world.run(seconds: 140)
            for member in world.members { try #require(member.strategy == .legacy) }
            try await body(world)
        }
    }

    @Test("one outage is one flip, one rollback in the records, and a latch at every instance", arguments: [2, 5])
    func oneFlip(instances: Int) async throws {
        try await withRolledBack(instances: instances) { world in
            #expect(world.flips == 1)
            #expect(world.members.flatMap(\.record.rollbacks).filter { !$0.isDryRun }.count == 1)
            await world.run(seconds: 20)
            for member in world.members {
                #expect(member.isLatched)
                #expect(member.record.latch.isLatched, "also for after a restart")
            }
        }
    }

    @Test("the evidence of a rollback is found from every instance of the file, and names where it took place")
    func evidence() async throws {
        try await withRolledBack(instances: 3) { world in
            let place = try #require(world.members.firstIndex { $0.record.rollbacks.contains { !$0.isDryRun } })
            let rollback = try #require(world.members[place].record.rollbacks.first { !$0.isDryRun })
            for member in world.members {
                let kept = await member.store.rollbacks()
                #expect(kept == [KeptRollback(rollback, instance: "instance-\(place)", isHeld: false)])
            }
        }
    }

    @Test("what a person acknowledges at one instance and sets back, no other instance fights")
    func noFight() async throws {
        try await withRolledBack { world in
            try world.members[0].service.acknowledge(by: "ann", reason: "Redis was moved")
            await world.run(seconds: 20)
            #expect(world.members.allSatisfy { !$0.isLatched })
            #expect(world.members[1].service.health.acknowledgement?.by == "ann")
            // The second instance does not reach Redis still.
            world.members[0].isRedisUp.value = true
            try await world.set(FlagUpdate(distributedEnabled: true), reason: "on again")
            await world.run(seconds: 800)
            #expect(world.members.allSatisfy { $0.strategy == .hybrid })
            #expect(world.flips == 1)
            // Once the time after an acknowledgement is over, the need is real, and it is met.
            await world.run(seconds: 120)
            #expect(world.members.allSatisfy { $0.strategy == .legacy })
            #expect(world.flips == 2)
        }
    }

    @Test("set back without an acknowledgement, no instance fights either", arguments: [0, 1])
    func setBack(acknowledger: Int) async throws {
        try await withRolledBack { world in
            try await world.set(FlagUpdate(distributedEnabled: true), reason: "on again")
            await world.run(seconds: 3600)
            #expect(world.members.allSatisfy { $0.strategy == .hybrid })
            #expect(world.flips == 1)
            try world.members[acknowledger].service.acknowledge(by: "ann", reason: "I see")
            await world.run(seconds: 1000)
            #expect(world.flips == 2)
        }
    }

    @Test("an instance that starts later knows of the rollback, and one that was away when it was acknowledged too")
    func lateComer() async throws {
        try await withRolledBack { world in
            world.members[1].isStopped.value = true
            try world.members[0].service.acknowledge(by: "ann", reason: "seen")
            await world.run(seconds: 20)
            try await world.set(FlagUpdate(distributedEnabled: true), reason: "on again")
            world.members[1].isStopped.value = false
            await world.run(seconds: 600)
            #expect(world.members.allSatisfy { $0.strategy == .hybrid })
            #expect(world.flips == 1)
            #expect(world.members[1].service.health.acknowledgement?.by == "ann")
        }
    }

    @Test("a single instance in trouble rolls all back, since its callers have no other way")
    func oneInTrouble() async throws {
        try await FlagFolder.with { folder in
            let world = try await SharedFileWorld(instances: 3, in: folder)
            await world.run(seconds: 30)
            world.members[2].isRedisUp.value = false
            await world.run(seconds: 150)
            #expect(world.members.allSatisfy { $0.strategy == .legacy && $0.isLatched })
            #expect(world.flips == 1)
        }
    }

    @Test("a leader that dies between its claim and the file blocks a rollback for the lease and no longer")
    func deadLeader() async throws {
        try await FlagFolder.with { folder in
            let world = try await SharedFileWorld(instances: 2, in: folder)
            await world.run(seconds: 30)
            world.members[1].isRedisUp.value = false
            await world.run(seconds: 115)
            var pending = RollbackLatch()
            pending.fire(
                Evaluation(
                    trigger: .redisDown, time: world.time.wall, state: .firing, sentence: "down"))
            try #require(
                try CoordinationFolder(beside: folder.path).claims.claim(
                    RollbackFence(
                        number: 1, holder: "dead", process: "dead", time: world.time.wall, latch: RollbackLatch(),
                        pending: pending)))
            await world.run(seconds: 16)
            #expect(world.members[1].strategy == .legacy, "held at once")
            #expect(world.members[0].strategy == .hybrid)
            await world.run(seconds: 30)
            #expect(world.members.allSatisfy { $0.strategy == .legacy })
            #expect(world.flips == 1)
            await world.run(seconds: 20)
            #expect(world.members.allSatisfy { $0.isLatched })
        }
    }

    @Test("an evaluator that stood still through a rollback and its end does nothing when it comes back")
    func revenant() async throws {
        try await FlagFolder.with { folder in
            let world = try await SharedFileWorld(instances: 2, in: folder)
            await world.run(seconds: 30)
            for member in world.members { member.isRedisUp.value = false }
            await world.run(seconds: 115)
            world.members[0].isStopped.value = true
            await world.run(seconds: 30)
            #expect(world.flips == 1)
            for member in world.members { member.isRedisUp.value = true }
            await world.run(seconds: 10)
            try world.members[1].service.acknowledge(by: "ann", reason: "seen")
            await world.run(seconds: 10)
            try await world.set(FlagUpdate(distributedEnabled: true), reason: "on again")
            world.members[0].isStopped.value = false
            await world.run(seconds: 1200)
            #expect(world.members.allSatisfy { $0.strategy == .hybrid })
            #expect(world.flips == 1)
        }
    }

    @Test("a decision that was overtaken is reported and taken again a second later, and not put off for good")
    func overtaken() async throws {
        try await FlagFolder.with { folder in
            let world = try await SharedFileWorld(instances: 1, in: folder)
            let member = world.members[0]
            await world.run(seconds: 30)
            member.isRedisUp.value = false
            await world.run(seconds: 120)
            // The next evaluation fires. Until then a person changes the flags once a second, unseen by this instance.
            var steps = 0
            while world.flips == 0, steps < 60 {
                steps += 1
                world.time.advance(1000)
                try await world.set(
                    FlagUpdate(enforcementPercent: Double(world.time.steady / 1000 % 100)), reason: "a step")
                await member.service.probeOnce()
                _ = await member.service.evaluateIfDue()
            }
            #expect(member.log.lines.count { $0.message.contains("decision is stale") } == 4)
            // Up to ten until the evaluation, and one for each time that it was overtaken.
            #expect(steps <= 15)
            #expect(world.flips == 1, "\(member.store.health) \(member.log.lines.suffix(3))")
            #expect(member.strategy == .legacy)
        }
    }
}
