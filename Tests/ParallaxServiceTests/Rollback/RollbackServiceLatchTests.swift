import ParallaxCore
import Synchronization
import Testing

@testable import ParallaxService

@Suite struct RollbackServiceLatchTests {
    /// A world whose flags were just rolled back because of errors.
    private func withRolledBackWorld(_ body: (RollbackWorld) async throws -> Void) async throws {
        let world = try RollbackWorld()
        await world.run(seconds: 100)
        await world.run(seconds: 60, decided: 0, errors: 10)
        try #require(world.strategy == .legacy)
        try await body(world)
    }

    @Test("while it is latched a second outage flips nothing, and it is said why")
    func latched() async throws {
        try await withRolledBackWorld { world in
            world.change { $0.flags = .defaultValue }
            await world.run(seconds: 300, decided: 0, errors: 10)
            #expect(world.strategy == .hybrid)
            #expect(world.reasons.count == 1)
            #expect(world.log.lines.contains { $0.message.contains("the last rollback is not acknowledged") })
        }
    }

    @Test("acknowledged in this process, it waits 15 minutes and then rolls back again")
    func acknowledged() async throws {
        try await withRolledBackWorld { world in
            try world.service.acknowledge(by: "Ada", reason: "the script was fixed")
            world.change { $0.flags = .defaultValue }
            await world.run(seconds: 890, decided: 0, errors: 10)
            #expect(world.strategy == .hybrid)
            guard case .holdingOff = world.service.health.latch else {
                Issue.record("no hold-off")
                return
            }
            await world.run(seconds: 20, decided: 0, errors: 10)
            #expect(world.strategy == .legacy)
            #expect(world.record.rollbacks.count == 2)
            #expect(world.record.latch.isLatched)
        }
    }

    @Test("an acknowledgement by another process takes effect at the next evaluation")
    func acknowledgedElsewhere() async throws {
        try await withRolledBackWorld { world in
            let acknowledgement = Acknowledgement(
                time: world.service.now().wall, by: "Grace", reason: "seen on the pager")
            _ = try world.record.changeLatch { try $0.acknowledge(acknowledgement) }
            await world.run(seconds: 10)
            #expect(world.service.health.acknowledgement == acknowledgement)
            #expect(world.log.lines.contains { $0.metadata["by"] == "Grace" })
            #expect(throws: RollbackLatchError.notLatched) {
                try world.service.acknowledge(by: "Ada", reason: "me too")
            }
        }
    }

    @Test("a record that has lost the latch clears none, and gets it again")
    func lostRecord() async throws {
        try await withRolledBackWorld { world in
            world.record.forget()
            await world.run(seconds: 20)
            guard case .latched = world.service.health.latch else {
                Issue.record("the loss of a file cleared the latch")
                return
            }
            #expect(world.record.latch.isLatched)
        }
    }

    @Test("a record that is replaced gets the latch and the baseline again")
    func replacedRecord() async throws {
        var settings = RollbackSettings()
        settings.baselineMinimumSamples = 10
        settings.baselineMinimumSeconds = 0
        let world = try RollbackWorld(settings)
        world.change { $0.flags.distributedEnabled = false }
        await world.service.synchronize()
        for _ in 0..<10 { world.observer.recordResponseTime(.milliseconds(8), strategy: .legacy) }
        await world.run(seconds: 10)
        let baseline = try #require(world.record.baseline)
        world.record.forget()
        world.service.rewriteRecord()
        await world.service.synchronize()
        #expect(world.record.baseline == baseline)
    }

    @Test("a hold that the flags have not taken up yet is not taken for one that is over", .timeLimit(.minutes(1)))
    func resumingHold() async throws {
        let record = MemoryRecord()
        let firing = Evaluation(
            trigger: .redisDown, time: Timestamp(milliseconds: 1), state: .firing, sentence: "down")
        record.contents.withLock {
            $0.latch.fire(firing, hold: FlagHold(values: .defaultValue, declaredAt: nil))
        }
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let isHeld = SharedFileWorld.Mutable(false)
        let sharing = RollbackSharing(
            number: { 0 }, latch: { nil }, isHeld: { isHeld.value }, publish: { _ in }, keep: { _, _ in },
            resumeHold: { _ in
                ask.finish()
                for await _ in gate {}
                isHeld.value = true
            })
        let world = try RollbackWorld(record: record, sharing: sharing)
        // 1. The record is read, and the flags' queue is busy while the evaluator goes on.
        let start = Task { await world.service.start() }
        for await _ in asked {}
        for _ in 0..<3 { _ = await world.service.evaluateIfDue() }
        // 2. The queue has run: the hold is there, for this process and in the record for the next.
        open.finish()
        await start.value
        await world.run(seconds: 20)
        #expect(record.latch.hold != nil)
        // 3. The file has taken its place.
        isHeld.value = false
        await world.run(seconds: 20)
        #expect(record.latch.isLatched && record.latch.hold == nil)
    }

    @Test("a restarted service knows the latch and the baseline of the last")
    func restart() async throws {
        try await withRolledBackWorld { world in
            var settings = RollbackSettings()
            settings.baselineMinimumSamples = 10
            settings.baselineMinimumSeconds = 0
            let second = try RollbackWorld(settings, record: world.record)
            second.change { $0.flags.distributedEnabled = false }
            await second.service.synchronize()
            for _ in 0..<10 { second.observer.recordResponseTime(.milliseconds(8), strategy: .legacy) }
            await second.run(seconds: 10)
            let third = try RollbackWorld(settings, record: world.record)
            await third.service.synchronize()
            #expect(third.service.health.isRestored)
            guard case .latched = third.service.health.latch,
                case .frozen(let frozen)? = third.service.health.baselines[.service]
            else {
                Issue.record("it forgot")
                return
            }
            #expect(frozen.samples.count == 10)
            await third.run(seconds: 300, decided: 0, errors: 10)
            #expect(third.strategy == .hybrid)
        }
    }

    @Test("a stored baseline that cannot be decoded is ignored, and another is learned")
    func unreadableBaseline() async throws {
        let world = try RollbackWorld()
        world.record.contents.withLock { $0.isBaselineUnreadable = true }
        world.change { $0.flags.distributedEnabled = false }
        await world.run(seconds: 1)
        world.observer.recordResponseTime(.milliseconds(8), strategy: .legacy)
        await world.run(seconds: 20)
        #expect(world.service.health.isRestored)
        #expect(world.record.contents.withLock(\.baseline) != nil)
        #expect(world.log.lines.filter { $0.message.contains("cannot be decoded") }.count == 1)
    }

    @Test("an acknowledgement without a name or with a line break is refused")
    func refused() async throws {
        try await withRolledBackWorld { world in
            #expect(throws: RollbackLatchError.empty(part: "name")) {
                try world.service.acknowledge(by: " ", reason: "x")
            }
            #expect(throws: RollbackLatchError.controlCharacters(part: "reason")) {
                try world.service.acknowledge(by: "Ada", reason: "x\ny")
            }
            guard case .latched = world.service.health.latch else {
                Issue.record("it was cleared")
                return
            }
        }
    }
}
